"""DeBERTa: both kinds of distance terms and neither, with and without buckets, shared projections and convolution."""
import torch
from transformers import DebertaConfig, DebertaForMaskedLM, DebertaModel, DebertaV2Config, DebertaV2ForMaskedLM, DebertaV2Model

from golden import golden, lengths, texts

traces = dict(output_hidden_states=True, output_attentions=True)
wide = dict(vocab_size=67, hidden_size=30, num_attention_heads=3, intermediate_size=44)
narrow = dict(vocab_size=83, hidden_size=20, num_attention_heads=5, intermediate_size=36, num_hidden_layers=2)
both = dict(relative_attention=True, pos_att_type="c2p|p2c")
buckets = dict(position_buckets=4, max_relative_positions=16, max_position_embeddings=24, norm_rel_ebd="layer_norm")


def batch(seed, vocab, length, *kept):
    return {"input_ids": texts(seed, len(kept), length, vocab), "attention_mask": lengths(len(kept), length, kept)}


def left(inputs):
    """The padding in front."""
    return {**inputs, "attention_mask": inputs["attention_mask"].flip(1)}


def first(model, **sizes):
    return model(DebertaConfig(**sizes))


def second(model, **sizes):
    return model(DebertaV2Config(**sizes))


golden("deberta-model",
       first(DebertaModel, **wide, **both, num_hidden_layers=3, max_position_embeddings=15, position_biased_input=False),
       batch(1, 67, 11, 11, 4, 7), **traces)
golden("deberta-near",
       first(DebertaModel, **narrow, relative_attention=True, pos_att_type="c2p", max_relative_positions=4,
             max_position_embeddings=12, type_vocab_size=2, embedding_size=13, hidden_act="relu", layer_norm_eps=1e-5),
       {**batch(2, 83, 9, 9, 5), "token_type_ids": (torch.arange(9) > 5).long().expand(2, 9)},
       dtype=torch.bfloat16, **traces)
golden("deberta-backwards",
       first(DebertaModel, **narrow, relative_attention=True, pos_att_type="p2c", max_position_embeddings=9),
       left(batch(3, 83, 6, 6, 2)))
golden("deberta-plain", first(DebertaModel, **narrow, pos_att_type="c2p", max_position_embeddings=9), batch(4, 83, 6, 6, 2))
golden("deberta-words", first(DebertaForMaskedLM, **wide, **both, num_hidden_layers=1, max_position_embeddings=15),
       batch(5, 67, 8, 8, 6), **traces)
golden("deberta-words-new", first(DebertaForMaskedLM, **narrow, **both, max_position_embeddings=15, legacy=False),
       batch(6, 83, 5, 5, 3))
golden("deberta-words-narrow", first(DebertaForMaskedLM, **narrow, **both, max_position_embeddings=15, embedding_size=13),
       batch(7, 83, 5, 5, 3))

golden("deberta-v2-model",
       second(DebertaV2Model, **wide, **both, **buckets, num_hidden_layers=3, share_att_key=True, position_biased_input=False),
       batch(8, 67, 23, 23, 14), **traces)
golden("deberta-v2-convolution",
       second(DebertaV2Model, **narrow, **both, **buckets, share_att_key=True, conv_kernel_size=3, conv_act="gelu",
              type_vocab_size=2, layer_norm_eps=1e-5, hidden_act="relu"),
       {**batch(9, 83, 9, 9, 5, 7), "token_type_ids": (torch.arange(9) > 5).long().expand(3, 9)},
       dtype=torch.float16, **traces)
golden("deberta-v2-separate",
       second(DebertaV2Model, **narrow, **both, max_position_embeddings=11, embedding_size=13, conv_kernel_size=5),
       left(batch(10, 83, 10, 10, 5)), **traces)
golden("deberta-v2-one-way", second(DebertaV2Model, **narrow, relative_attention=True, pos_att_type=["p2c"], **buckets),
       batch(11, 83, 7, 7, 5))
golden("deberta-v2-plain", second(DebertaV2Model, **narrow, max_position_embeddings=11), batch(12, 83, 7, 7, 5))
golden("deberta-v2-words", second(DebertaV2ForMaskedLM, **wide, **both, **buckets, num_hidden_layers=1), batch(13, 67, 8, 8, 6))
golden("deberta-v2-words-new", second(DebertaV2ForMaskedLM, **narrow, **both, **buckets, legacy=False), batch(14, 83, 5, 5, 3))
golden("deberta-v2-words-untied",
       second(DebertaV2ForMaskedLM, **narrow, **both, **buckets, tie_word_embeddings=False),
       batch(15, 83, 5, 5, 3))
