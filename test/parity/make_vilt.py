"""ViLT: the model and its heads, pictures that fill their canvas and smaller ones.

The library puts the patches of the largest picture in random order and fills smaller pictures up with patches drawn
from their padding. Here drawing gives the first ones, so that tokens can be compared one by one.
"""
import torch
from transformers import (
    ViltConfig,
    ViltForImageAndTextRetrieval,
    ViltForImagesAndTextClassification,
    ViltForMaskedLM,
    ViltForQuestionAnswering,
    ViltForTokenClassification,
    ViltModel,
)

from golden import golden, lengths, pictures, texts

torch.multinomial = lambda weights, count, replacement=False: torch.arange(int(count)) % len(weights)

traces = dict(output_hidden_states=True, output_attentions=True)
wide = dict(vocab_size=67, hidden_size=30, num_attention_heads=3, intermediate_size=44, max_position_embeddings=13,
            image_size=20, patch_size=4)
narrow = dict(vocab_size=83, hidden_size=20, num_attention_heads=5, intermediate_size=36, max_position_embeddings=11,
              image_size=12, patch_size=3, layer_norm_eps=1e-6)


def config(**sizes):
    return ViltConfig(attn_implementation="eager", **{"num_hidden_layers": 3, **sizes})


def masks(canvas, *sizes):
    """pixel_mask: pictures of `sizes`, height and width, at the top left of the canvas."""
    mask = torch.zeros(len(sizes), *canvas, dtype=torch.long)
    for row, (height, width) in enumerate(sizes):
        mask[row, :height, :width] = 1
    return mask


def padded(seed, mask):
    """Pictures with zeros where the mask, [..., height, width], has them."""
    shape = mask.shape
    return pictures(seed, *shape[:-2], 3, *shape[-2:]) * mask.unsqueeze(-3)


golden(
    "vilt-model",
    ViltModel(config(**wide)),
    {
        "input_ids": texts(1, 3, 9, 67),
        "attention_mask": lengths(3, 9, [9, 4, 6]),
        "token_type_ids": (torch.arange(9) > 5).long().expand(3, 9),
        "pixel_values": padded(1, mask := masks((16, 20), (12, 20), (16, 20), (4, 12))),
        "pixel_mask": mask,
    },
    **traces,
)
golden(
    "vilt-none-fills",
    ViltModel(config(**wide)),
    {
        "input_ids": texts(1, 3, 6, 67),
        "pixel_values": padded(10, mask := masks((16, 20), (12, 20), (16, 12), (4, 12))),
        "pixel_mask": mask,
    },
    **traces,
)
golden(
    "vilt-unmasked",
    ViltModel(config(**narrow, type_vocab_size=3, hidden_act="gelu_new", qkv_bias=False), add_pooling_layer=False),
    {"input_ids": texts(2, 2, 7, 83), "pixel_values": pictures(2, 2, 3, 12, 12)},
    dtype=torch.bfloat16,
    **traces,
)
golden(
    "vilt-limited",
    ViltModel(config(**narrow, max_image_length=6)),
    {
        "input_ids": texts(3, 2, 5, 83),
        "pixel_values": padded(3, mask := masks((16, 17), (6, 9), (15, 15))),
        "pixel_mask": mask,
    },
)
golden(
    "vilt-words",
    ViltForMaskedLM(config(**wide, hidden_act="relu")),
    {
        "input_ids": texts(4, 2, 8, 67),
        "attention_mask": lengths(2, 8, [5, 8]),
        "pixel_values": padded(4, mask := masks((20, 16), (20, 16), (12, 16))),
        "pixel_mask": mask,
    },
    **traces,
)
answers = ViltForQuestionAnswering(config(**narrow, num_labels=6, hidden_act="silu"))
golden(
    "vilt-answers",
    answers,
    {
        "input_ids": texts(5, 2, 11, 83),
        "attention_mask": lengths(2, 11, [11, 6]),
        "pixel_values": padded(5, mask := masks((12, 18), (12, 18), (9, 3))),
        "pixel_mask": mask,
    },
)
golden(
    "vilt-pictures",
    ViltForImagesAndTextClassification(config(**wide, num_images=2, modality_type_vocab_size=3, num_hidden_layers=2)),
    {
        "input_ids": texts(6, 2, 6, 67),
        "attention_mask": lengths(2, 6, [6, 3]),
        "pixel_values": padded(6, mask := masks((12, 20), (12, 20), (8, 16), (12, 4), (12, 20)).unflatten(0, (2, 2))),
        "pixel_mask": mask,
    },
    **traces,
)
golden(
    "vilt-three-pictures",
    ViltForImagesAndTextClassification(config(**narrow, num_images=3, modality_type_vocab_size=4, num_labels=5)),
    {"input_ids": texts(7, 2, 6, 83), "pixel_values": pictures(7, 2, 3, 3, 12, 12)},
)
golden(
    "vilt-retrieval",
    ViltForImageAndTextRetrieval(config(**wide)),
    {"input_ids": texts(8, 3, 7, 67), "attention_mask": lengths(3, 7, [3, 7, 5]), "pixel_values": pictures(8, 3, 3, 20, 20)},
    dtype=torch.float16,
)
golden(
    "vilt-tokens",
    ViltForTokenClassification(config(**narrow, num_labels=4)),
    {"input_ids": texts(9, 2, 5, 83), "attention_mask": lengths(2, 5, [5, 4]), "pixel_values": pictures(9, 2, 3, 12, 12)},
    **traces,
)
