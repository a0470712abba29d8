"""DistilBERT: no segments, no pooler."""
import torch
from transformers import DistilBertConfig, DistilBertForMaskedLM, DistilBertModel

from golden import golden, lengths, texts

traces = dict(output_hidden_states=True, output_attentions=True)
wide = dict(vocab_size=67, dim=30, n_heads=3, hidden_dim=44, max_position_embeddings=23, n_layers=3, attn_implementation="eager")
narrow = dict(vocab_size=83, dim=20, n_heads=5, hidden_dim=36, max_position_embeddings=19, n_layers=2, attn_implementation="eager")

golden(
    "distilbert-model",
    DistilBertModel(DistilBertConfig(**wide)),
    {"input_ids": texts(1, 3, 11, 67), "attention_mask": lengths(3, 11, [11, 4, 7])},
    **traces,
)
golden(
    "distilbert-half",
    DistilBertModel(DistilBertConfig(**narrow, activation="relu", sinusoidal_pos_embds=True)),
    {"input_ids": texts(2, 2, 7, 83), "attention_mask": lengths(2, 7, [3, 7]).flip(1)},
    dtype=torch.float16,
    **traces,
)
golden("distilbert-words", DistilBertForMaskedLM(DistilBertConfig(**{**wide, "n_layers": 1})), {"input_ids": texts(3, 2, 8, 67)}, **traces)
golden(
    "distilbert-words-untied",
    DistilBertForMaskedLM(DistilBertConfig(**narrow, tie_word_embeddings=False, activation="relu")),
    {"input_ids": texts(4, 2, 6, 83), "attention_mask": lengths(2, 6, [6, 4])},
)
