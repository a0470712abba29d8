"""ELECTRA: tables as wide as the model and narrower, generator and discriminator."""
import torch
from transformers import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining, ElectraModel

from golden import golden, lengths, texts

traces = dict(output_hidden_states=True, output_attentions=True)
small = dict(num_hidden_layers=2, attn_implementation="eager")
factored = dict(vocab_size=67, embedding_size=13, hidden_size=30, num_attention_heads=3, intermediate_size=44,
                max_position_embeddings=23, **small)
square = dict(vocab_size=83, embedding_size=20, hidden_size=20, num_attention_heads=5, intermediate_size=36,
              max_position_embeddings=19, **small)

golden(
    "electra-model",
    ElectraModel(ElectraConfig(**factored)),
    {
        "input_ids": texts(1, 3, 11, 67),
        "attention_mask": lengths(3, 11, [11, 4, 7]),
        "token_type_ids": (torch.arange(11) > 5).long().expand(3, 11),
    },
    **traces,
)
golden(
    "electra-square",
    ElectraModel(ElectraConfig(**square, hidden_act="relu", layer_norm_eps=1e-6)),
    {"input_ids": texts(2, 2, 7, 83), "attention_mask": lengths(2, 7, [3, 7]).flip(1)},
    dtype=torch.bfloat16,
    **traces,
)
golden("electra-words", ElectraForMaskedLM(ElectraConfig(**factored)), {"input_ids": texts(3, 2, 8, 67)})
golden(
    "electra-words-untied",
    ElectraForMaskedLM(ElectraConfig(**square, tie_word_embeddings=False, hidden_act="relu")),
    {"input_ids": texts(4, 2, 6, 83), "attention_mask": lengths(2, 6, [6, 4])},
)
golden("electra-pretraining", ElectraForPreTraining(ElectraConfig(**factored, hidden_act="gelu_new")), {"input_ids": texts(5, 3, 5, 67)}, **traces)
golden(
    "electra-pretraining-square",
    ElectraForPreTraining(ElectraConfig(**square)),
    {"input_ids": texts(6, 2, 9, 83), "attention_mask": lengths(2, 9, [9, 6])},
)
