"""Small tokenizers in the files that published repositories hold: name of a file -> its content."""

import io
import json

import sentencepiece
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from texts import TRAINING


def json_file(content) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def word_pieces(specials: list[str], lowercase: bool, size: int = 700) -> bytes:
    tokenizer = Tokenizer(models.WordPiece(unk_token=specials[1]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(TRAINING, trainers.WordPieceTrainer(vocab_size=size, special_tokens=specials))
    vocab = tokenizer.get_vocab()
    return ("\n".join(sorted(vocab, key=vocab.get)) + "\n").encode()


def byte_pairs(first: list[str], last: list[str], size: int = 900) -> dict[str, bytes]:
    """The files of GPT-2's byte-level BPE."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TRAINING, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    tokens = first + alphabet + ["".join(merge) for merge in merges] + last
    return bpe_files(tokens, merges)


def clip_pairs(size: int = 800) -> dict[str, bytes]:
    """The files of CLIP: every byte also as the end of a word, then merges, then the specials."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    words = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, end_of_word_suffix="</w>")
    tokenizer.train_from_iterator(TRAINING, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    tokens = alphabet + [byte + "</w>" for byte in alphabet] + ["".join(merge) for merge in merges]
    return bpe_files(tokens + ["<|startoftext|>", "<|endoftext|>"], merges)


def bpe_files(tokens: list[str], merges: list[list[str]]) -> dict[str, bytes]:
    unique = dict.fromkeys(tokens)
    vocab = {token: i for i, token in enumerate(unique)}
    lines = ["#version: 0.2"] + [" ".join(merge) for merge in merges]
    return {"vocab.json": json_file(vocab), "merges.txt": ("\n".join(lines) + "\n").encode()}


def small_charsmap(path: str) -> None:
    """A few rules of NFKC instead of all of them, whose table alone takes 240 kB."""
    rules = [(0xFF01 + i, [0x21 + i]) for i in range(94)]
    rules += [(code, [0x20]) for code in (0x09, 0x0A, 0x0D, 0xA0, 0x2009, 0x3000, 0x200B)]
    rules += [(code, []) for code in (1, 2, 3, 7, 0x7F, 0xAD, 0xFEFF)]
    rules += [(0xFB01, [0x66, 0x69]), (0x212B, [0xC5]), (0x2460, [0x31]), (0xBD, [0x31, 0x2044, 0x32])]
    lines = [f"{code:X}\t{' '.join(f'{to:X}' for to in target)}" for code, target in rules]
    lines += ["65 301\tE9", "61 30A\tE5", "FF8A FF9E\t30D0"]
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


def sentence_pieces(size: int = 450, rules: str | None = None, **options) -> bytes:
    model = io.BytesIO()
    how = {"normalization_rule_tsv": rules} if rules else {"normalization_rule_name": "nmt_nfkc"}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TRAINING), model_writer=model, vocab_size=size, hard_vocab_limit=False,
        character_coverage=0.98, num_threads=1, minloglevel=2, **{"model_type": "unigram", **how, **options},
    )
    return model.getvalue()
