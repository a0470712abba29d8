"""FLAVA: its three encoders alone and together, the heads it was pretrained with, and its codebook."""
import torch
from transformers import (
    FlavaConfig,
    FlavaForPreTraining,
    FlavaImageCodebook,
    FlavaImageCodebookConfig,
    FlavaImageConfig,
    FlavaImageModel,
    FlavaModel,
    FlavaMultimodalConfig,
    FlavaMultimodalModel,
    FlavaTextConfig,
    FlavaTextModel,
)

from golden import golden, lengths, pictures, texts


class Codes(FlavaImageCodebook):
    """Names for what the class returns without."""

    def forward(self, pixel_values):
        return {"logits": super().forward(pixel_values), "codes": self.get_codebook_indices(pixel_values)}


Codes.__name__ = "FlavaImageCodebook"
golden("flava-codebook", Codes(FlavaImageCodebookConfig(hidden_size=8, vocab_size=37)), {"pixel_values": pictures(1, 2, 3, 24, 40)})
golden(
    "flava-codebook-half",
    Codes(FlavaImageCodebookConfig(hidden_size=4, vocab_size=21, num_blocks_per_group=1, num_groups=3)),
    {"pixel_values": pictures(2, 3, 3, 21, 19)},
    dtype=torch.bfloat16,
)

traces = dict(output_hidden_states=True, output_attentions=True)
wide = dict(hidden_size=30, num_attention_heads=3, intermediate_size=44)
narrow = dict(hidden_size=20, num_attention_heads=5, intermediate_size=36, hidden_act="gelu_new", layer_norm_eps=1e-5)
image = dict(image_size=18, patch_size=6, num_hidden_layers=2, vocab_size=41)
text = dict(vocab_size=67, max_position_embeddings=13, num_hidden_layers=3)
hidden = {"bool_masked_pos": torch.tensor([[1, 0, 0, 1, 1, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0, 1, 0, 0]])}
sentences = {
    "input_ids": texts(3, 2, 7, 67),
    "attention_mask": lengths(2, 7, [7, 4]),
    "token_type_ids": (torch.arange(7) > 3).long().expand(2, 7),
}
joint = dict(num_hidden_layers=2)

golden("flava-image", FlavaImageModel(FlavaImageConfig(**wide, **image)), {"pixel_values": pictures(3, 2, 3, 18, 18), **hidden},
       **traces)
golden("flava-image-resized", FlavaImageModel(FlavaImageConfig(**narrow, **{**image, "mask_token": False}, qkv_bias=False),
                                              add_pooling_layer=False),
       {"pixel_values": pictures(4, 1, 3, 24, 12)}, dtype=torch.float16, interpolate_pos_encoding=True, **traces)
golden("flava-text", FlavaTextModel(FlavaTextConfig(**wide, **text)), sentences, **traces)
golden("flava-text-half", FlavaTextModel(FlavaTextConfig(**narrow, **text, type_vocab_size=1, qkv_bias=False), add_pooling_layer=False),
       {"input_ids": texts(5, 3, 5, 67), "attention_mask": lengths(3, 5, [3, 5, 4]).flip(1)}, dtype=torch.bfloat16, **traces)
golden("flava-joint", FlavaMultimodalModel(FlavaMultimodalConfig(**wide, **joint)),
       {"hidden_states": pictures(6, 2, 8, 30), "attention_mask": lengths(2, 9, [9, 6])}, **traces)
golden("flava-joint-plain", FlavaMultimodalModel(FlavaMultimodalConfig(**narrow, **joint, use_cls_token=False, qkv_bias=False),
                                                 add_pooling_layer=False),
       {"hidden_states": pictures(7, 3, 6, 20), "attention_mask": lengths(3, 6, [6, 2, 5])}, dtype=torch.bfloat16, **traces)


def whole(image_sizes, text_sizes, joint_sizes, **more):
    return FlavaConfig(image_config={**image_sizes, **image}, text_config={**text_sizes, **text},
                       multimodal_config={**joint_sizes, **joint}, image_codebook_config=dict(hidden_size=4, vocab_size=41),
                       hidden_size=joint_sizes["hidden_size"], **more)


golden("flava-model", FlavaModel(whole(wide, narrow, narrow, projection_dim=14)),
       {"pixel_values": pictures(8, 2, 3, 18, 18), **sentences, **hidden}, output_attentions=True)
golden("flava-model-half", FlavaModel(whole(narrow, wide, {**wide, "use_cls_token": False}, projection_dim=9)),
       {"pixel_values": pictures(9, 2, 3, 18, 18), "input_ids": texts(9, 2, 4, 67)}, dtype=torch.bfloat16)
golden("flava-model-picture", FlavaModel(whole(narrow, narrow, narrow)), {"pixel_values": pictures(10, 3, 3, 18, 18)},
       dtype=torch.float16)
pretraining = dict(projection_dim=14, return_loss=False)
golden("flava-pretraining", FlavaForPreTraining(whole(narrow, narrow, narrow, **pretraining, skip_unmasked_multimodal_encoder=False)),
       {"pixel_values": pictures(11, 2, 3, 18, 18), **sentences, "input_ids_masked": texts(11, 2, 7, 67), **hidden})
golden("flava-pretraining-pictures", FlavaForPreTraining(whole(narrow, narrow, narrow, **pretraining, init_codebook=False)),
       {"pixel_values": pictures(12, 2, 3, 18, 18), **hidden}, dtype=torch.bfloat16)
golden("flava-pretraining-texts", FlavaForPreTraining(whole(narrow, wide, wide, **pretraining, init_codebook=False)),
       {"input_ids": texts(13, 2, 6, 67)}, dtype=torch.float16)
golden("flava-pretraining-pairs", FlavaForPreTraining(whole(wide, wide, wide, **pretraining, itm_weight=0.0, init_codebook=False)),
       {"pixel_values": pictures(14, 2, 3, 18, 18), "input_ids": texts(14, 2, 6, 67)}, dtype=torch.bfloat16, output_attentions=True)
