"""What bench/transforms.ts measures, with Pillow and torchvision in processes: prints the seconds of one round, by the clock and of
all processors together, for every line read, "training" or "evaluation"."""
import multiprocessing
import sys
import time
from pathlib import Path

import numpy
import PIL
import torch
import torchvision
from PIL import Image
from torchvision import transforms

processes, count, side, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
paths = sorted(folder.glob("*.jpg"))
square = [transforms.Resize(side, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(side)]
kinds = {
    "training": transforms.Compose([*square, transforms.RandAugment(2, 9)]),
    "evaluation": transforms.Compose(square),
}


def work(kind):
    torch.set_num_threads(1)
    began = time.process_time()
    for i in range(count):
        numpy.asarray(kinds[kind](Image.open(paths[i % len(paths)]).convert("RGB")))
    return time.process_time() - began


if __name__ == "__main__":
    print(f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}", flush=True)
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for line in sys.stdin:
            began = time.perf_counter()
            spent = sum(pool.map(work, [line.strip()] * processes, chunksize=1))
            print(time.perf_counter() - began, spent, flush=True)
