"""ResNet: v1.5 and v1 bottlenecks, basic layers, odd pictures."""
import torch
from transformers import ResNetConfig, ResNetForImageClassification, ResNetModel

from golden import golden, pictures

golden(
    "resnet-model",
    ResNetModel(ResNetConfig(embedding_size=6, hidden_sizes=[12, 20], depths=[2, 1])),
    {"pixel_values": pictures(1, 2, 3, 45, 38)},
    output_hidden_states=True,
)
golden(
    "resnet-first",
    ResNetModel(ResNetConfig(embedding_size=5, hidden_sizes=[8, 12, 16], depths=[1, 2, 1], downsample_in_bottleneck=True,
                             downsample_in_first_stage=True)),
    {"pixel_values": pictures(2, 2, 3, 50, 67)},
    dtype=torch.float16,
    output_hidden_states=True,
)
golden(
    "resnet-classifier",
    ResNetForImageClassification(ResNetConfig(embedding_size=6, hidden_sizes=[7, 11, 13], depths=[1, 1, 2],
                                              layer_type="basic", num_labels=5)),
    {"pixel_values": pictures(3, 3, 3, 33, 33)},
    output_hidden_states=True,
)
