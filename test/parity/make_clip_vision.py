"""The image towers of CLIP and SigLIP."""
import torch
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModel,
    CLIPVisionModelWithProjection,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from golden import golden, pictures

small = dict(num_hidden_layers=3, attn_implementation="eager")
traces = dict(output_hidden_states=True, output_attentions=True)
one = dict(hidden_size=30, num_attention_heads=3, intermediate_size=44, image_size=24, patch_size=6, **small)
other = dict(hidden_size=20, num_attention_heads=5, intermediate_size=36, image_size=20, patch_size=4, hidden_act="gelu",
             layer_norm_eps=1e-6, **small)

golden("clip-vision-model", CLIPVisionModel(CLIPVisionConfig(**one)), {"pixel_values": pictures(1, 2, 3, 24, 24)}, **traces)
golden(
    "clip-vision-resized",
    CLIPVisionModel(CLIPVisionConfig(**other)),
    {"pixel_values": pictures(2, 2, 3, 28, 12)},
    interpolate_pos_encoding=True,
    **traces,
)
golden(
    "clip-vision-projection",
    CLIPVisionModelWithProjection(CLIPVisionConfig(projection_dim=14, **other)),
    {"pixel_values": pictures(3, 3, 3, 20, 20)},
    dtype=torch.float16,
    **traces,
)
golden("siglip-vision-model", SiglipVisionModel(SiglipVisionConfig(**one)), {"pixel_values": pictures(4, 2, 3, 24, 24)}, **traces)
# 22 is not a multiple of 4: what is left over is not read, as in siglip-so400m-patch14-384.
golden(
    "siglip-vision-without-head",
    SiglipVisionModel(SiglipVisionConfig(vision_use_head=False, **{**other, "image_size": 22})),
    {"pixel_values": pictures(5, 3, 3, 22, 22)},
    dtype=torch.bfloat16,
    **traces,
)
golden(
    "siglip-vision-resized",
    SiglipVisionModel(SiglipVisionConfig(**one)),
    {"pixel_values": pictures(6, 1, 3, 18, 36)},
    interpolate_pos_encoding=True,
    **traces,
)
