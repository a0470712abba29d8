"""CLIP's and SigLIP's text towers: texts that end early, old and new ids of the end token."""
import torch
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, SiglipTextConfig, SiglipTextModel

from golden import golden, lengths, texts

traces = dict(output_hidden_states=True, output_attentions=True)
wide = dict(vocab_size=67, hidden_size=30, num_attention_heads=3, intermediate_size=44, max_position_embeddings=13,
            num_hidden_layers=3, attn_implementation="eager")
narrow = dict(vocab_size=83, hidden_size=20, num_attention_heads=5, intermediate_size=36, max_position_embeddings=9,
              num_hidden_layers=2, attn_implementation="eager")


def ended(seed, vocab, length, end, *kept):
    """Texts whose last kept token is `end`, and what follows too."""
    ids = texts(seed, len(kept), length, vocab)
    for row, count in enumerate(kept):
        ids[row, count - 1:] = end
    return {"input_ids": ids, "attention_mask": lengths(len(kept), length, kept)}


golden("clip-text-model", CLIPTextModel(CLIPTextConfig(**wide, eos_token_id=60)), ended(1, 60, 11, 60, 11, 4, 7), **traces)
golden(
    "clip-text-old-end",
    CLIPTextModel(CLIPTextConfig(**narrow, eos_token_id=2, hidden_act="gelu", layer_norm_eps=1e-6)),
    {"input_ids": ended(2, 82, 9, 82, 9, 5)["input_ids"]},
    dtype=torch.bfloat16,
    **traces,
)
golden("clip-text-projection", CLIPTextModelWithProjection(CLIPTextConfig(**wide, eos_token_id=60, projection_dim=17)),
       ended(3, 60, 6, 60, 6, 3), **traces)
golden("clip-text-left", CLIPTextModelWithProjection(CLIPTextConfig(**narrow, eos_token_id=2, projection_dim=24)),
       {"input_ids": texts(4, 2, 7, 83), "attention_mask": lengths(2, 7, [7, 4]).flip(1)})
golden("siglip-text-model", SiglipTextModel(SiglipTextConfig(**wide)), {"input_ids": texts(5, 2, 13, 67)}, **traces)
golden(
    "siglip-text-masked",
    SiglipTextModel(SiglipTextConfig(**narrow, projection_size=14, hidden_act="gelu", layer_norm_eps=1e-5)),
    {"input_ids": texts(6, 3, 8, 83), "attention_mask": lengths(3, 8, [8, 5, 3])},
    dtype=torch.float16,
    **traces,
)
