"""BridgeTower: the model with each kind of bridge and projection, and its heads."""
import torch
from transformers import (
    BridgeTowerConfig,
    BridgeTowerForContrastiveLearning,
    BridgeTowerForImageAndTextRetrieval,
    BridgeTowerForMaskedLM,
    BridgeTowerModel,
)

from golden import golden, lengths, pictures, texts


def config(text=(), vision=(), **sizes):
    """The image tower has a head for every 64 channels, so it is the widest part."""
    narrow = dict(vocab_size=67, hidden_size=20, num_hidden_layers=3, num_attention_heads=5, intermediate_size=36,
                  max_position_embeddings=17)
    wide = dict(hidden_size=66, num_hidden_layers=3, image_size=24, patch_size=8)
    return BridgeTowerConfig(
        attn_implementation="eager",
        **{"hidden_size": 20, "num_hidden_layers": 2, **sizes},
        text_config={**narrow, **dict(text)},
        vision_config={**wide, **dict(vision)},
    )


def pairs(seed, batch, length, kept, height=24, width=24, **more):
    mask = lengths(batch, length, kept)
    ids = torch.where(mask == 1, texts(seed, batch, length, 67), 1)
    return {"input_ids": ids, "attention_mask": mask, "pixel_values": pictures(seed, batch, 3, height, width), **more}


# Masks of pixels and kinds of words are taken and not read.
golden(
    "bridgetower-model",
    BridgeTowerModel(config()),
    pairs(1, 3, 9, [9, 4, 6], pixel_mask=torch.cat([torch.ones(3, 24, 12), torch.zeros(3, 24, 12)], 2).long(),
          token_type_ids=torch.zeros(3, 9).long()),
    dtype=torch.float16,
)
left = pairs(2, 2, 7, [7, 3], 32, 16)
golden(
    "bridgetower-scaled",
    BridgeTowerModel(
        config(link_tower_type="scaled_add", share_cross_modal_transformer_layers=False, 
               layer_norm_eps=1e-6, vision=dict(share_layernorm=False, hidden_size=130, num_hidden_layers=2, remove_last_layer=True,
                           layer_norm_eps=1e-4),
               text=dict(hidden_act="relu", num_hidden_layers=1, type_vocab_size=2, layer_norm_eps=1e-12))
    ),
    {**left, "input_ids": left["input_ids"].flip(1), "attention_mask": left["attention_mask"].flip(1)},
    dtype=torch.bfloat16,
    interpolate_pos_encoding=True,
)
golden(
    "bridgetower-words",
    BridgeTowerForMaskedLM(config(num_hidden_layers=1, hidden_act="gelu_new", text=dict(num_hidden_layers=1))),
    pairs(4, 2, 8, [8, 5]),
    dtype=torch.bfloat16,
)
golden(
    "bridgetower-words-tied",
    BridgeTowerForMaskedLM(
        config(tie_word_embeddings=True, text=dict(num_hidden_layers=1), vision=dict(hidden_size=64, num_hidden_layers=1))
    ),
    pairs(5, 3, 6, [6, 6, 2]),
    dtype=torch.float16,
)
golden(
    "bridgetower-matching",
    BridgeTowerForImageAndTextRetrieval(
        config(link_tower_type="interpolate", text=dict(num_hidden_layers=2, pad_token_id=3), vision=dict(num_hidden_layers=2))
    ),
    {"input_ids": texts(6, 2, 4, 67, first=3), "pixel_values": pictures(6, 2, 3, 24, 24)},
    dtype=torch.float16,
)
golden(
    "bridgetower-matching-one",
    BridgeTowerForImageAndTextRetrieval(
        config(num_hidden_layers=1, text=dict(num_hidden_layers=1, hidden_act="gelu_new"), vision=dict(num_hidden_layers=2))
    ),
    pairs(7, 1, 6, [6]),
    dtype=torch.bfloat16,
)
square = dict(hidden_size=66, contrastive_hidden_size=7, logit_scale_init_value=2.6)
golden(
    "bridgetower-contrast",
    BridgeTowerForContrastiveLearning(
        config(**square, num_hidden_layers=1,
               text=dict(hidden_size=66, num_attention_heads=3, num_hidden_layers=1), vision=dict(num_hidden_layers=1))
    ),
    pairs(8, 3, 5, [5, 2, 4]),
    dtype=torch.float16,
)
golden(
    "bridgetower-contrast-bridged",
    BridgeTowerForContrastiveLearning(
        config(**{**square, "hidden_size": 65, "contrastive_hidden_size": 9}, link_tower_type="scaled_add",
               text=dict(hidden_size=65, num_attention_heads=5, num_hidden_layers=1),
               vision=dict(hidden_size=65, num_hidden_layers=1))
    ),
    pairs(9, 2, 6, [3, 6]),
    dtype=torch.bfloat16,
)
