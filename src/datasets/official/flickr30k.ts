import { officialDataset } from "../official-dataset.ts";
import { openKarpathy } from "./karpathy.ts";

/** Flickr30k in the Karpathy split. */
export const flickr30k = officialDataset(
  {
    name: "flickr30k",
    title: "Flickr30k, Karpathy split",
    form: "captions",
    homePage:
      "https://shannon.cs.illinois.edu/DenotationGraph, splits: https://cs.stanford.edu/people/karpathy/deepimagesent",
    licence: "for non-commercial research and education; pictures under Flickr's terms of use",
    citation: "Young et al. 2014, TACL 2; split: Karpathy & Fei-Fei 2015, arXiv:1412.2306",
    tree: `
karpathy/dataset_flickr30k.json    or dataset_flickr30k.json
flickr30k-images/1000092795.jpg ...`,
    splits: { train: 29_000, val: 1_014, test: 1_000 },
  },
  (split, folder) => {
    const pictures = folder.pictures("flickr30k-images", "flickr30k_images");
    const list = folder.file("karpathy/dataset_flickr30k.json", "dataset_flickr30k.json");
    return openKarpathy(list, [split], (image) => pictures(image.text("filename")));
  },
);
