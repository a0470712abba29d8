"""What the scripts that make goldens share: a published class with random weights, saved as `save_pretrained` does,
with inputs and everything it returns for them.

Run a script with the Python library `transformers` installed: python test/parity/make_vit.py
"""
import json
import pathlib
import warnings

import torch
import transformers
from safetensors.torch import save_file

warnings.filterwarnings("ignore")
torch.set_num_threads(1)

FOLDER = pathlib.Path(__file__).parent / "goldens"
VERSIONS = {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]}


def randomise(model, seed, scale=0.12):
    """Every parameter at random, norms near 1, so that none is at a special place."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = parameter.ndim == 1 and name.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if is_norm else scale * noise)
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(0.1 * torch.randn(buffer.shape, generator=generator))
            elif name.endswith("running_var"):
                buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator))


def flat(value, name=""):
    """Tensors of a ModelOutput by dotted name: hidden_states.0, vision_model_output.pooler_output."""
    if torch.is_tensor(value):
        return {name: value.detach().to(torch.int32 if not value.is_floating_point() else torch.float32).contiguous().clone()}
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (tuple, list)):
        items = enumerate(value)
    else:
        return {}
    found = {}
    for key, part in items:
        found.update(flat(part, f"{name}.{key}" if name else str(key)))
    return found


def golden(name, model, inputs, seed=1, dtype=torch.float32, **arguments):
    """Writes goldens/<name>. Weights are stored in `dtype`, outputs are those of the stored weights computed in float32."""
    randomise(model, seed)
    model = model.to(dtype).to(torch.float32).eval()
    with torch.no_grad():
        outputs = flat(dict(model(**inputs, **arguments)))
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    model.to(dtype).save_pretrained(folder)
    note = {"made by": " ".join(f"{key} {value}" for key, value in VERSIONS.items()), "seed": str(seed)}
    save_file({key: value.contiguous() for key, value in inputs.items()}, folder / "inputs.safetensors", note)
    save_file(outputs, folder / "outputs.safetensors", note)
    for extra in folder.iterdir():
        if extra.name not in ("config.json", "model.safetensors", "inputs.safetensors", "outputs.safetensors"):
            extra.unlink()
    size = sum(part.stat().st_size for part in folder.iterdir())
    print(json.dumps({"name": name, "bytes": size, "outputs": sorted(key for key in outputs if "." not in key)}))


def pictures(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def texts(seed, batch, length, vocab, first=5):
    """Ids from `first` on."""
    return torch.randint(first, vocab, (batch, length), generator=torch.Generator().manual_seed(seed))


def lengths(batch, length, kept):
    """attention_mask: the first kept[i] tokens of text i."""
    mask = torch.zeros(batch, length, dtype=torch.long)
    for row, count in enumerate(kept):
        mask[row, :count] = 1
    return mask
