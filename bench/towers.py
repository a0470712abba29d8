"""ViT-B/16 and RoBERTa-base in PyTorch eager: prints the seconds of one forward pass for every line read, which names the tower."""
import sys
import time

import torch
import transformers
from transformers import RobertaConfig, RobertaModel, ViTConfig, ViTModel

torch.set_num_threads(int(sys.argv[1]))
batch, words = int(sys.argv[2]), int(sys.argv[3])
roberta = RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
towers = {
    "image": (ViTModel(ViTConfig()).eval(), {"pixel_values": torch.randn(batch, 3, 224, 224)}),
    "text": (
        RobertaModel(roberta).eval(),
        {"input_ids": torch.randint(5, 50265, (batch, words)), "attention_mask": torch.ones(batch, words, dtype=torch.long)},
    ),
}
print(f"torch {torch.__version__}, transformers {transformers.__version__}", flush=True)
for line in sys.stdin:
    model, inputs = towers[line.strip()]
    with torch.inference_mode():
        began = time.perf_counter()
        model(**inputs)
        print(time.perf_counter() - began, flush=True)
