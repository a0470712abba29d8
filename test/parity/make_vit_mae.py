"""MAE: the encoder with patches removed by given noise, and the pretraining class with its decoder."""
import torch
from transformers import ViTMAEConfig, ViTMAEForPreTraining, ViTMAEModel

from golden import golden, pictures

small = dict(num_hidden_layers=3, attn_implementation="eager")
traces = dict(output_hidden_states=True, output_attentions=True)
one = dict(hidden_size=36, num_attention_heads=3, intermediate_size=44, image_size=24, patch_size=6, **small)
other = dict(hidden_size=20, num_attention_heads=5, intermediate_size=36, image_size=20, patch_size=4, mask_ratio=0.6,
             qkv_bias=False, hidden_act="gelu_new", layer_norm_eps=1e-6, **small)
decoder = dict(decoder_hidden_size=24, decoder_num_hidden_layers=2, decoder_num_attention_heads=3, decoder_intermediate_size=28)


def noise(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


golden("mae-model", ViTMAEModel(ViTMAEConfig(**one)), {"pixel_values": pictures(1, 2, 3, 24, 24), "noise": noise(1, 2, 16)}, **traces)
golden(
    "mae-half",
    ViTMAEModel(ViTMAEConfig(**other)),
    {"pixel_values": pictures(2, 3, 3, 20, 20), "noise": noise(2, 3, 25)},
    dtype=torch.bfloat16,
    **traces,
)
golden(
    "mae-pretraining",
    ViTMAEForPreTraining(ViTMAEConfig(norm_pix_loss=True, **decoder, **one)),
    {"pixel_values": pictures(3, 2, 3, 24, 24), "noise": noise(3, 2, 16)},
    **traces,
)
golden(
    "mae-pretraining-resized",
    ViTMAEForPreTraining(ViTMAEConfig(**decoder, **other)),
    {"pixel_values": pictures(4, 2, 3, 24, 16), "noise": noise(4, 2, 24)},
    interpolate_pos_encoding=True,
    **traces,
)
