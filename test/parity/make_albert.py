"""ALBERT: one block for all layers, and groups of several."""
import torch
from transformers import AlbertConfig, AlbertForMaskedLM, AlbertModel

from golden import golden, lengths, texts

traces = dict(output_hidden_states=True, output_attentions=True)
wide = dict(vocab_size=67, embedding_size=13, hidden_size=30, num_attention_heads=3, intermediate_size=44,
            max_position_embeddings=23, num_hidden_layers=3, attn_implementation="eager")
groups = dict(vocab_size=83, embedding_size=20, hidden_size=20, num_attention_heads=5, intermediate_size=36,
              max_position_embeddings=19, num_hidden_layers=5, num_hidden_groups=2, inner_group_num=2,
              attn_implementation="eager")

golden(
    "albert-model",
    AlbertModel(AlbertConfig(**wide)),
    {
        "input_ids": texts(1, 3, 11, 67),
        "attention_mask": lengths(3, 11, [11, 4, 7]),
        "token_type_ids": (torch.arange(11) > 5).long().expand(3, 11),
    },
    **traces,
)
golden(
    "albert-groups",
    AlbertModel(AlbertConfig(**groups, hidden_act="relu", layer_norm_eps=1e-6), add_pooling_layer=False),
    {"input_ids": texts(2, 2, 7, 83), "attention_mask": lengths(2, 7, [3, 7]).flip(1)},
    dtype=torch.bfloat16,
    **traces,
)
golden("albert-words", AlbertForMaskedLM(AlbertConfig(**wide)), {"input_ids": texts(3, 2, 8, 67)})
golden(
    "albert-words-untied",
    AlbertForMaskedLM(AlbertConfig(**groups, tie_word_embeddings=False)),
    {"input_ids": texts(4, 2, 6, 83), "attention_mask": lengths(2, 6, [6, 4])},
)
