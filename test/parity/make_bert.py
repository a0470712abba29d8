"""BERT: the model with and without its pooler, its heads tied and not, and a file with the norms' old names."""
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, BertForPreTraining, BertModel

from golden import FOLDER, golden, lengths, texts

traces = dict(output_hidden_states=True, output_attentions=True)


def config(**sizes):
    return BertConfig(attn_implementation="eager", **{"num_hidden_layers": 3, **sizes})


wide = dict(vocab_size=67, hidden_size=30, num_attention_heads=3, intermediate_size=44, max_position_embeddings=23)
narrow = dict(vocab_size=83, hidden_size=20, num_attention_heads=5, intermediate_size=36, max_position_embeddings=19)

golden(
    "bert-model",
    BertModel(config(**wide)),
    {
        "input_ids": texts(1, 3, 11, 67),
        "attention_mask": lengths(3, 11, [11, 4, 7]),
        "token_type_ids": (torch.arange(11) > 5).long().expand(3, 11),
    },
    **traces,
)
golden(
    "bert-half",
    BertModel(config(**narrow, hidden_act="relu", type_vocab_size=3)),
    {"input_ids": texts(2, 2, 9, 83), "attention_mask": lengths(2, 9, [5, 9])},
    dtype=torch.bfloat16,
    **traces,
)
golden(
    "bert-no-pooler",
    BertModel(config(**narrow, hidden_act="silu", layer_norm_eps=1e-5), add_pooling_layer=False),
    {"input_ids": texts(3, 2, 7, 83), "attention_mask": lengths(2, 7, [7, 3]).flip(1)},
    **traces,
)
golden(
    "bert-words",
    BertForMaskedLM(config(**wide, hidden_act="gelu_new", num_hidden_layers=1)),
    {"input_ids": texts(4, 2, 8, 67), "attention_mask": lengths(2, 8, [8, 6])},
    **traces,
)
golden(
    "bert-words-untied",
    BertForMaskedLM(config(**narrow, tie_word_embeddings=False, num_hidden_layers=1)),
    {"input_ids": texts(5, 3, 6, 83)},
    dtype=torch.float16,
)
golden(
    "bert-pretraining",
    BertForPreTraining(config(**narrow, num_hidden_layers=2)),
    {"input_ids": texts(6, 2, 10, 83), "attention_mask": lengths(2, 10, [10, 8])},
)
golden(
    "bert-old-names",
    BertForPreTraining(config(**wide, num_hidden_layers=1)),
    {"input_ids": texts(7, 1, 5, 67), "token_type_ids": torch.tensor([[0, 0, 1, 1, 1]])},
)
weights = FOLDER / "bert-old-names" / "model.safetensors"
old = {
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
    for name, tensor in load_file(weights).items()
}
# Files of that time hold tied tensors twice.
old["cls.predictions.decoder.weight"] = old["bert.embeddings.word_embeddings.weight"].clone()
old["bert.embeddings.position_ids"] = torch.arange(23).expand(1, 23).clone()
save_file(old, weights, {"format": "pt"})
