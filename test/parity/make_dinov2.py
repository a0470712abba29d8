"""DINOv2 without and with registers: positions are always resized to the picture."""
import torch
from transformers import (
    Dinov2Config,
    Dinov2ForImageClassification,
    Dinov2Model,
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersForImageClassification,
    Dinov2WithRegistersModel,
)

from golden import golden, pictures

small = dict(num_hidden_layers=3, attn_implementation="eager")
traces = dict(output_hidden_states=True, output_attentions=True)
one = dict(hidden_size=30, num_attention_heads=3, mlp_ratio=2, image_size=24, patch_size=6, **small)
other = dict(hidden_size=20, num_attention_heads=5, mlp_ratio=3, image_size=28, patch_size=4, qkv_bias=False,
             hidden_act="gelu_new", layer_norm_eps=1e-5, **small)

golden("dinov2-model", Dinov2Model(Dinov2Config(**one)), {"pixel_values": pictures(1, 2, 3, 24, 24)}, **traces)
golden("dinov2-gated", Dinov2Model(Dinov2Config(use_swiglu_ffn=True, **other)), {"pixel_values": pictures(2, 2, 3, 20, 36)},
       dtype=torch.bfloat16, **traces)
golden("dinov2-classifier", Dinov2ForImageClassification(Dinov2Config(num_labels=4, use_mask_token=False, **one)),
       {"pixel_values": pictures(3, 3, 3, 18, 30)}, **traces)
golden("dinov2-registers", Dinov2WithRegistersModel(Dinov2WithRegistersConfig(num_register_tokens=3, **other)),
       {"pixel_values": pictures(4, 2, 3, 16, 36)}, **traces)
golden("dinov2-registers-classifier",
       Dinov2WithRegistersForImageClassification(Dinov2WithRegistersConfig(num_labels=4, use_swiglu_ffn=True, **one)),
       {"pixel_values": pictures(5, 1, 3, 12, 42)}, **traces)
