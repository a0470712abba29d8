"""METER-base, ViLT-B/32 and BridgeTower-base in PyTorch, as Bifocal runs them: towers once for all objectives, word
logits at masked places only, scaled_dot_product_attention, dropout where the recipe has it. With "published" as the models' own repositories run
them: both towers again for every objective, word logits at all places, attention written out. Answers every line of
standard input ("step", "forward", "images", "texts", "memory") with a line of JSON.

beside_pytorch.py THREADS MODEL BATCH IMAGE_SIZE WORDS MASKED eager|compiled|published DEVICE f32|bf16 WIDTH
"""
import json
import math
import os
import resource
import shutil
import sys
import time

import torch
import transformers
from torch import nn
from torch.nn import functional as F
from transformers import CLIPVisionConfig, CLIPVisionModel, RobertaConfig, RobertaModel

threads, name, batch, side, words, masked, mode, device, precision, width = sys.argv[1:]
gpu = device.startswith("cuda")
published = mode == "published"
library_attention = "eager" if published else "sdpa"
if mode == "compiled" and not gpu and not any(shutil.which(c) for c in (os.environ.get("CXX", "g++"), "clang++")):
    print(json.dumps({"refused": "torch.compile needs a C++ compiler, and there is no g++ or clang++ on the path"}), flush=True)
    sys.exit()
threads, batch, side, words, masked, width = map(int, (threads, batch, side, words, masked, width))
torch.set_num_threads(threads)
torch.manual_seed(0)
torch.set_default_device(device)
heads, hidden, depth, rate = 12, 4 * width, 6, 0.1
vocab = 30522 if name == "vilt" else 50265


class Attention(nn.Module):
    """All projections of one source are one product."""

    def __init__(self, crossed, rate):
        super().__init__()
        self.crossed, self.rate = crossed, rate
        self.query = nn.Linear(width, width if crossed else 3 * width)
        self.source = nn.Linear(width, 2 * width) if crossed else None
        self.out = nn.Linear(width, width)

    def forward(self, x, other, mask):
        if self.crossed:
            q, (k, v) = self.query(x), self.source(other).chunk(2, -1)
        else:
            q, k, v = self.query(x).chunk(3, -1)
        q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
        rate = self.rate if self.training else 0.0
        attended = attention(q, k, v, mask, rate) if published else F.scaled_dot_product_attention(q, k, v, mask, rate)
        return self.out(attended.transpose(1, 2).flatten(2))


def attention(q, k, v, mask, rate):
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
    return F.dropout((scores if mask is None else scores + mask).softmax(-1), rate) @ v


class Block(nn.Module):
    """A layer of BERT (norm behind) or of ViT (norm in front), with cross-attention in the middle where asked."""

    def __init__(self, crossed=False, pre=False, rate=rate, epsilon=1e-12):
        super().__init__()
        self.pre, self.drop = pre, nn.Dropout(rate)
        self.attend = nn.ModuleList([Attention(c, rate) for c in ([False, True] if crossed else [False])])
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norms = nn.ModuleList([nn.LayerNorm(width, epsilon) for _ in range(len(self.attend) + 1)])

    def branch(self, x, norm, f):
        return x + self.drop(f(norm(x))) if self.pre else norm(x + self.drop(f(x)))

    def forward(self, x, mask=None, other=None, other_mask=None):
        for norm, attend in zip(self.norms, self.attend):
            x = self.branch(x, norm, lambda y: attend(y, other, other_mask if attend.crossed else mask))
        return self.branch(x, self.norms[-1], lambda y: self.down(F.gelu(self.up(y))))


class Pooler(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(width, width)

    def forward(self, x):
        return self.dense(x[:, 0]).tanh()


class Towers(nn.Module):
    """CLIP's and RoBERTa's, of the library, with co-attention above them; BridgeTower's bridges where asked."""

    def __init__(self, blocks, bridged):
        super().__init__()
        self.bridged = bridged
        sizes = {"hidden_size": width, "intermediate_size": hidden, "attn_implementation": library_attention}
        clip = CLIPVisionConfig(image_size=side, patch_size=16, num_hidden_layers=blocks, **sizes)
        roberta = RobertaConfig(vocab_size=vocab, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, **sizes)
        self.image = CLIPVisionModel(clip)
        self.text = RobertaModel(roberta, add_pooling_layer=False)
        self.project = nn.ModuleList([nn.Linear(width, width), nn.Linear(width, width)])
        self.kinds = nn.Parameter(torch.zeros(2, width))
        self.layers = nn.ModuleList([nn.ModuleList([Block(True), Block(True)]) for _ in range(depth)])
        self.bridges = nn.ModuleList(
            [nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)]) for _ in range(depth if bridged else 0)]
        )
        self.pool = nn.ModuleList([Pooler(), Pooler()])
        self.pooled = 2 * width

    def see(self, pixels):
        out = self.image(pixel_values=pixels, output_hidden_states=self.bridged)
        norm = vision(self.image).post_layernorm
        return [norm(x) for x in out.hidden_states[-depth:]] if self.bridged else [norm(out.last_hidden_state)]

    def read(self, ids, keep):
        out = self.text(input_ids=ids, attention_mask=keep, output_hidden_states=self.bridged)
        return list(out.hidden_states[-depth:]) if self.bridged else [out.last_hidden_state]

    def fuse(self, patches, text, keep):
        mask = torch.where(keep.bool(), 0.0, -1e9)[:, None, None, :]
        streams = None
        for i, (word_layer, patch_layer) in enumerate(self.layers):
            if self.bridged or i == 0:
                w = self.project[1](text[i]) + self.kinds[0]
                p = self.project[0](patches[i]) + self.kinds[1]
                if self.bridged:
                    norm_w, norm_p = self.bridges[i]
                    w, p = norm_w(w if streams is None else w + streams[0]), norm_p(p if streams is None else p + streams[1])
                streams = w, p
            w, p = streams
            streams = word_layer(w, mask, p, None), patch_layer(p, None, w, mask)
        w, p = streams
        return w, torch.cat([self.pool[0](w), self.pool[1](p)], 1)


class OneStream(nn.Module):
    """ViLT."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(vocab, width)
        self.places = nn.Embedding(words, width)
        self.segments = nn.Embedding(2, width)
        self.norm_words = nn.LayerNorm(width, 1e-12)
        self.drop = nn.Dropout(rate)
        self.patch = nn.Conv2d(3, width, 32, 32)
        self.first = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, (side // 32) ** 2 + 1, width))
        self.kinds = nn.Parameter(torch.zeros(2, width))
        self.blocks = nn.ModuleList([Block(pre=True, rate=0.0, epsilon=1e-6) for _ in range(12)])
        self.norm = nn.LayerNorm(width, 1e-6)
        self.pool = Pooler()
        self.pooled = width

    def see(self, pixels):
        patches = self.patch(pixels).flatten(2).transpose(1, 2)
        return [torch.cat([self.first.expand(len(pixels), -1, -1), patches], 1) + self.positions + self.kinds[1]]

    def read(self, ids, keep):
        x = self.words(ids) + self.places.weight[: ids.shape[1]] + self.segments.weight[0]
        return [self.drop(self.norm_words(x)) + self.kinds[0]]

    def fuse(self, patches, text, keep):
        keep = torch.cat([keep, torch.ones(patches[0].shape[:2], dtype=keep.dtype)], 1)
        mask = torch.where(keep.bool(), 0.0, -1e9)[:, None, None, :]
        x = torch.cat([text[0], patches[0]], 1)
        for block in self.blocks:
            x = block(x, mask)
        x = self.norm(x)
        return x[:, : text[0].shape[1]], self.pool(x)


class Pretraining(nn.Module):
    """Masked words and matching of pairs, in one pass of the image tower (published: two) and two of the rest."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.transform, self.norm = nn.Linear(width, width), nn.LayerNorm(width, 1e-12)
        self.decoder = nn.Linear(width, vocab)
        self.match = nn.Linear(model.pooled, 2)

    def forward(self, pixels, ids, masked_ids, keep, positions, labels, order, matches):
        image = self.model.see(pixels)
        w, _ = self.model.fuse(image, self.model.read(masked_ids, keep), keep)
        w = w.flatten(0, 1)
        if published:
            image = self.model.see(pixels)
            labels = torch.full((len(w),), -100).index_put((positions,), labels)
        logits = self.decoder(self.norm(F.gelu(self.transform(w if published else w[positions]))))
        _, pooled = self.model.fuse([x[order] for x in image], self.model.read(ids, keep), keep)
        return F.cross_entropy(logits, labels) + F.cross_entropy(self.match(pooled), matches)


def vision(model):
    return getattr(model, "vision_model", model)


model = OneStream() if name == "vilt" else Towers(12 if name == "bridgetower" else 11, name == "bridgetower")
half = batch - batch // 2
pixels = torch.randn(batch, 3, side, side)
ids = torch.randint(5, vocab, (2, batch, words))
keep = torch.ones(batch, words, dtype=torch.long)
positions, labels = torch.arange(masked) % (batch * words), torch.randint(5, vocab, (masked,))
order = torch.cat([torch.arange(half), half + torch.arange(batch - half).roll(-1)])
matches = (torch.arange(batch) < half).long()
training = Pretraining(model).train()
optimizer = None


def compiled(work):
    return torch.compile(work) if mode == "compiled" else work


loss_of, see, read, fuse = (compiled(f) for f in (training, model.see, model.read, model.fuse))


def step():
    global optimizer
    if optimizer is None:
        # Of its two fast variants, `fused` is the faster on CPUs.
        optimizer = torch.optim.AdamW(training.parameters(), lr=1e-5, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    training.train()
    optimizer.zero_grad()
    with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=precision == "bf16"):
        loss = loss_of(pixels, ids[0], ids[1], keep, positions, labels, order, matches)
    loss.backward()
    # Bifocal looks at the norm in every step.
    torch.nn.utils.get_total_norm([p.grad for p in training.parameters() if p.grad is not None], foreach=True).item()
    optimizer.step()


def alone(work):
    training.eval()
    with torch.inference_mode():
        work()


def finished():
    if gpu:
        torch.cuda.synchronize()


def peak():
    """The best of ten large products in the precision of the products, as a cost of 10^12 operations."""
    n = 8192 if gpu else 1024
    a, b = (torch.randn(n, n, dtype=torch.bfloat16 if precision == "bf16" else torch.float32) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        finished()
        began = time.perf_counter()
        a @ b
        finished()
        best = min(best, time.perf_counter() - began)
    return best / (2 * n**3 / 1e12)


work = {
    "step": step,
    "forward": lambda: alone(lambda: fuse(see(pixels), read(ids[0], keep), keep)),
    "images": lambda: alone(lambda: see(pixels)),
    "texts": lambda: alone(lambda: read(ids[0], keep)),
}
count = sum(p.numel() for p in training.parameters())
print(json.dumps({"about": f"torch {torch.__version__} {mode}, transformers {transformers.__version__}", "parameters": count}), flush=True)
for line in sys.stdin:
    asked = line.strip()
    if asked == "peak":
        print(json.dumps({"seconds": peak()}), flush=True)
        continue
    if asked == "memory":
        resident = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"bytes": torch.cuda.max_memory_reserved() if gpu else resident}), flush=True)
        continue
    cpu, began = time.process_time(), time.perf_counter()
    work[asked]()
    finished()
    print(json.dumps({"seconds": time.perf_counter() - began, "cpuSeconds": time.process_time() - cpu}), flush=True)
