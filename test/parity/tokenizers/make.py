"""
Goldens of the tokenizers: `python make.py`, then format this folder. Writes one <case>.json for each case: the files
of a small repository, what its tokenizer.json is where the Python class can write one, and the ids that
transformers' AutoTokenizer gives for strings.json. sentencepiece-bpe.json is of SentencePiece itself, because
transformers 5 reads every model of these classes as a unigram model.
"""

import base64
import json
import pathlib
import tempfile

import sentencepiece
import tokenizers
import transformers
from transformers import AutoTokenizer

from texts import TRAINING, strings
from train import byte_pairs, clip_pairs, json_file, sentence_pieces, small_charsmap, word_pieces

HERE = pathlib.Path(__file__).parent
TEXTS = strings()
VERSIONS = {module.__name__: module.__version__ for module in (transformers, tokenizers, sentencepiece)}
PADDED, LENGTH = slice(20, 60), 12
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def cases(folder: str) -> dict[str, dict[str, bytes]]:
    rules = f"{folder}/rules.tsv"
    small_charsmap(rules)
    t5_ids = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    albert_ids = {"pad_id": 0, "unk_id": 1, "bos_id": 2, "eos_id": 3, "bos_piece": "[CLS]", "eos_piece": "[SEP]"}
    deberta_ids = {"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3, "pad_piece": "[PAD]"}
    deberta_ids |= {"bos_piece": "[CLS]", "eos_piece": "[SEP]", "unk_piece": "[UNK]"}
    uncased, cased = word_pieces(BERT, True), word_pieces(BERT, False)
    renamed = ["<blank>", "<?>", "<go>", "<stop>", "<mask-me>"]
    names = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], renamed))
    lstrip_mask = {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}

    def config(model_type: str) -> bytes:
        return json_file({"model_type": model_type})

    def of_class(name: str, **options) -> bytes:
        return json_file({"tokenizer_class": name, **options})

    return {
        "bert": {"vocab.txt": uncased, "config.json": config("bert")},
        "bert-cased": {
            "vocab.txt": cased,
            "tokenizer_config.json": of_class("BertTokenizer", do_lower_case=False),
        },
        "bert-options": {
            "vocab.txt": uncased,
            "tokenizer_config.json": of_class("BertTokenizerFast", strip_accents=False, tokenize_chinese_chars=False),
        },
        "bert-renamed": {
            "vocab.txt": word_pieces(renamed, True, 500),
            "tokenizer_config.json": of_class("BertTokenizer"),
            "special_tokens_map.json": json_file(names),
        },
        "distilbert": {"vocab.txt": uncased, "config.json": config("distilbert")},
        "electra": {"vocab.txt": uncased, "tokenizer_config.json": of_class("ElectraTokenizer"), "config.json": config("electra")},
        "roberta": {**byte_pairs(["<s>", "<pad>", "</s>", "<unk>"], ["<mask>"]), "config.json": config("roberta")},
        "roberta-options": {
            **byte_pairs(["<s>", "<pad>", "</s>", "<unk>"], ["<mask>"]),
            "tokenizer_config.json": of_class("RobertaTokenizer", add_prefix_space=True, trim_offsets=False),
            "special_tokens_map.json": json_file({"mask_token": lstrip_mask}),
        },
        "deberta": {**byte_pairs(["[PAD]", "[CLS]", "[SEP]", "[UNK]"], ["[MASK]"]), "config.json": config("deberta")},
        "clip": {**clip_pairs(), "tokenizer_config.json": of_class("CLIPTokenizer", pad_token="<|endoftext|>"), "config.json": config("clip")},
        "xlm-roberta": {"sentencepiece.bpe.model": sentence_pieces(rules=rules), "config.json": config("xlm-roberta")},
        "xlm-roberta-nfkc": {"sentencepiece.bpe.model": sentence_pieces(), "config.json": config("xlm-roberta")},
        "albert": {
            "spiece.model": sentence_pieces(rules=rules, control_symbols=["[MASK]"], **albert_ids),
            "config.json": config("albert"),
        },
        "albert-cased": {
            "spiece.model": sentence_pieces(rules=rules, user_defined_symbols=["[MASK]"], **albert_ids),
            "tokenizer_config.json": of_class("AlbertTokenizer", do_lower_case=False, keep_accents=True),
        },
        "deberta-v2": {"spm.model": sentence_pieces(rules=rules, **deberta_ids), "config.json": config("deberta-v2")},
        "deberta-v2-options": {
            "spm.model": sentence_pieces(rules=rules, **deberta_ids),
            "tokenizer_config.json": of_class("DebertaV2Tokenizer", do_lower_case=True, split_by_punct=True),
            "added_tokens.json": json_file({"[MASK]": 450}),
        },
        "siglip": {"spiece.model": sentence_pieces(rules=rules, **t5_ids), "tokenizer_config.json": of_class("SiglipTokenizer"), "config.json": config("siglip")},
    }


def byte_pair_model() -> dict:
    """XLM-RoBERTa's ids of a BPE model: one more than the file's, unknown = 3, <s> and </s> around."""
    model = sentence_pieces(500, model_type="bpe", normalization_rule_name="identity")
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = ([0] + [3 if i == 0 else i + 1 for i in processor.encode(text)] + [2] for text in TRAINING)
    files = {"sentencepiece.bpe.model": model, "config.json": json_file({"model_type": "xlm-roberta"})}
    return {"versions": VERSIONS, "files": encoded(files), "texts": TRAINING, "ids": rows(ids)}


def encoded(files: dict[str, bytes]) -> dict:
    return {
        name: {"base64": base64.b64encode(content).decode()} if name.endswith(".model") else content.decode()
        for name, content in files.items()
    }


def rows(lists) -> list[str]:
    return [" ".join(map(str, ids)) for ids in lists]


def golden(files: dict[str, bytes]) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            pathlib.Path(folder, name).write_bytes(content)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        ids = rows(tokenizer(text)["input_ids"] for text in TEXTS)
        batch = tokenizer(TEXTS[PADDED], padding="max_length", truncation=True, max_length=LENGTH)
        roles = {role: getattr(tokenizer, f"{role}_token_id") for role in ("pad", "unk", "mask")}
        saved = pathlib.Path(folder, "saved")
        tokenizer.save_pretrained(saved)
        fast = saved / "tokenizer.json"
        json_text = fast.read_text() if fast.exists() else None
        if json_text is not None:
            again = tokenizers.Tokenizer.from_str(json_text)
            again.no_padding(), again.no_truncation()
            assert rows(again.encode(text).ids for text in TEXTS) == ids
    return {
        "versions": VERSIONS,
        "class": type(tokenizer).__name__,
        "files": encoded(files),
        "tokenizerJson": None if json_text is None else json.dumps(json.loads(json_text), separators=(",", ":")),
        "roles": roles,
        "ids": ids,
        "padded": {
            "from": PADDED.start,
            "length": LENGTH,
            "ids": rows(batch["input_ids"]),
            "keep": rows(batch["attention_mask"]),
        },
    }


def main() -> None:
    write("strings", TEXTS)
    write("sentencepiece-bpe", byte_pair_model())
    with tempfile.TemporaryDirectory() as folder:
        for name, files in cases(folder).items():
            result = golden(files)
            if name == "xlm-roberta-nfkc":
                result["tokenizerJson"] = None  # for its size
            write(name, result)


def write(name: str, content) -> None:
    (HERE / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
