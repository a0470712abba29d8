"""DeiT: the model with and without its pooler, the classifier, and the classifier with a teacher's token."""
import torch
from transformers import DeiTConfig, DeiTForImageClassification, DeiTForImageClassificationWithTeacher, DeiTModel


from golden import golden, pictures

small = dict(num_hidden_layers=3, attn_implementation="eager")
traces = dict(output_hidden_states=True, output_attentions=True)
one = dict(hidden_size=30, num_attention_heads=3, intermediate_size=44, image_size=24, patch_size=6, **small)
other = dict(hidden_size=20, num_attention_heads=5, intermediate_size=36, image_size=[12, 20], patch_size=4, qkv_bias=False,
             hidden_act="gelu_new", layer_norm_eps=1e-6, **small)

golden("deit-model", DeiTModel(DeiTConfig(pooler_output_size=17, **one)), {"pixel_values": pictures(1, 2, 3, 24, 24)}, **traces)
golden(
    "deit-resized",
    DeiTModel(DeiTConfig(**one), add_pooling_layer=False),
    {"pixel_values": pictures(2, 2, 3, 30, 18)},
    interpolate_pos_encoding=True,
    **traces,
)
golden(
    "deit-classifier",
    DeiTForImageClassification(DeiTConfig(num_labels=4, **other)),
    {"pixel_values": pictures(3, 3, 3, 12, 20)},
    dtype=torch.float16,
    **traces,
)
golden(
    "deit-teacher",
    DeiTForImageClassificationWithTeacher(DeiTConfig(num_labels=7, **other)),
    {"pixel_values": pictures(4, 1, 3, 12, 20)},
    **traces,
)
