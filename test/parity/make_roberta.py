"""RoBERTa, XLM-R and CamemBERT: padding on the left and inside, with and without a mask."""
import torch
from transformers import (
    CamembertConfig,
    CamembertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)

from golden import golden, texts

traces = dict(output_hidden_states=True, output_attentions=True)
small = dict(num_hidden_layers=2, attn_implementation="eager")
wide = dict(vocab_size=67, hidden_size=30, num_attention_heads=3, intermediate_size=44, max_position_embeddings=17,
            type_vocab_size=1, layer_norm_eps=1e-5, **small)
narrow = dict(vocab_size=83, hidden_size=20, num_attention_heads=5, intermediate_size=36, max_position_embeddings=15, **small)


def padded(seed, vocab, pad, *kept):
    """Texts of which row i keeps the places marked "x" in kept[i]."""
    mask = torch.tensor([[int(place == "x") for place in row] for row in kept])
    ids = texts(seed, len(kept), len(kept[0]), vocab)
    return {"input_ids": torch.where(mask == 1, ids, pad), "attention_mask": mask}


golden("roberta-model", RobertaModel(RobertaConfig(**wide)), padded(1, 67, 1, "xxxxxxxxx", "...xxxxxx", "xx..xxx.."), **traces)
golden(
    "roberta-no-mask",
    RobertaModel(RobertaConfig(**narrow, pad_token_id=3, type_vocab_size=2, hidden_act="gelu_new"), add_pooling_layer=False),
    {
        "input_ids": padded(2, 83, 3, "xxx..xx", "..xxxxx")["input_ids"],
        "token_type_ids": torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1, 0]]),
    },
    dtype=torch.bfloat16,
    **traces,
)
golden("roberta-words", RobertaForMaskedLM(RobertaConfig(**wide, hidden_act="relu")), padded(3, 67, 1, "xxxxxx", "xxxx.."), **traces)
golden(
    "roberta-words-untied",
    RobertaForMaskedLM(RobertaConfig(**narrow, tie_word_embeddings=False)),
    padded(4, 83, 1, "xxxxx", ".xxxx", "xxx.."),
)
golden("xlm-roberta-model", XLMRobertaModel(XLMRobertaConfig(**narrow, type_vocab_size=1)), padded(5, 83, 1, "xxxxxxxx", ".....xxx"), **traces)
golden("xlm-roberta-words", XLMRobertaForMaskedLM(XLMRobertaConfig(**wide)), padded(6, 67, 1, "xxxxx.", "xxxxxx"), dtype=torch.float16)
golden("camembert-words", CamembertForMaskedLM(CamembertConfig(**narrow, type_vocab_size=1)), padded(7, 83, 1, "xxxx..", "xxxxxx"))
