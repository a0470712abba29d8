"""Blocks of ViT-B in PyTorch eager, forward and backward: prints the seconds of a pass for every line read, "f32" or "bf16"."""
import sys
import time

import torch
from torch import nn
from torch.nn.functional import gelu, scaled_dot_product_attention

torch.set_num_threads(int(sys.argv[1]))
depth, batch, width, heads = int(sys.argv[2]), int(sys.argv[3]), 768, 12


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width, eps=1e-6) for _ in range(2)])
        self.qkv = nn.ModuleList([nn.Linear(width, width) for _ in range(3)])
        self.output = nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        y = self.norms[0](x)
        split = [each(y).view(*y.shape[:2], heads, -1).transpose(1, 2) for each in self.qkv]
        x = x + self.output(scaled_dot_product_attention(*split).transpose(1, 2).reshape(y.shape))
        return x + self.down(gelu(self.up(self.norms[1](x))))


model = nn.Sequential(*[Block() for _ in range(depth)])
x = torch.sin(torch.arange(batch * 197 * width, dtype=torch.float32)).view(batch, 197, width)
print(f"PyTorch {torch.__version__} eager", flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    model.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=line.strip() == "bf16"):
        y = model(x)
    (y.float() ** 2).mean().backward()
    print(time.perf_counter() - began, flush=True)
