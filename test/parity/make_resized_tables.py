"""Prints the numbers in src/models/resize-tables.test.ts and src/graph/resize.test.ts: tables of positions and distances
resized as PyTorch and the fine-tuning code of BEiT do it. Made with torch 2.15 and scipy 1.17."""
import numpy
import scipy
import torch
from scipy.interpolate import RectBivariateSpline
from torch.nn.functional import interpolate


def waves(*shape):
    return torch.sin(1.7 * torch.arange(int(numpy.prod(shape)), dtype=torch.float64)).reshape(shape)


def show(name, values):
    print(name, [round(float(value), 6) for value in values.flatten()])


def geometric(table, before, after):
    """One head's distances [2 before - 1, 2 before - 1] for a grid of `after` patches a side."""
    terms = before - 1

    def reach(ratio):
        return (1 - ratio**terms) / (1 - ratio)

    low, high = 1.01, 1.5
    while high - low > 1e-6:
        ratio = (low + high) / 2
        low, high = (low, ratio) if reach(ratio) > after - 1 else (ratio, high)
    distances = numpy.cumsum(ratio ** numpy.arange(terms))
    places = numpy.concatenate([-distances[::-1], [0], distances])
    wanted = numpy.arange(1 - after, after)
    return RectBivariateSpline(places, places, table, s=0)(wanted, wanted)


print("torch", torch.__version__, "scipy", scipy.__version__)
line = waves(7).reshape(1, 1, 1, 7)
for size in (3, 10):
    resized = interpolate(line, size=(1, size), mode="bicubic", align_corners=False, antialias=True)
    show(f"smooth 7 to {size}", resized)
grid = waves(6, 2).reshape(1, 2, 3, 2).permute(0, 3, 1, 2)
show("bicubic [2,3] to [3,2]", interpolate(grid, size=(3, 2), mode="bicubic", align_corners=False).permute(0, 2, 3, 1))
for before, after in ((3, 5), (5, 3)):
    side = 2 * before - 1
    table = waves(side * side, 2)
    heads = [geometric(table[:, head].reshape(side, side).numpy(), before, after) for head in range(2)]
    resized = numpy.stack(heads, axis=-1)
    show(f"geometric {before} to {after}, first row", resized[0])
    show(f"geometric {before} to {after}, centre row", resized[after - 1])
