import { writeTextAtomic } from "../../files/atomic.ts";
import { countOption, printResult } from "../verb.ts";
import { type SourceFlags, sourceOptions, sourceVerb, theSplit } from "./source.ts";

interface ShowFlags extends SourceFlags {
  readonly n: string;
  readonly out?: string;
}

/** `bifocal data show` */
export const showData = sourceVerb("show", "a page with examples: pictures, texts, boxes", [
  "data show refcoco /data/refer --split val",
  'data show webdataset "shards/{000..009}.tar" --n 60 --out page.html',
])
  .option("--n <count>", "how many examples, spread over the split", "24")
  .option("--out <file>", "HTML file, complete in itself (default: NAME-SPLIT.html)")
  .action(async (name: string, root: string, flags: ShowFlags) => {
    const count = countOption("--n", flags.n);
    const [{ storedDataset }, { dataSamples, spread }, { renderReport }] = await Promise.all([
      import("../../datasets/stored-dataset.ts"),
      import("../../eval/data-samples.ts"),
      import("../../eval/report/report.ts"),
    ]);
    const dataset = storedDataset(name);
    const split = theSplit(dataset, flags.split);
    const { form, table } = await dataset.open(split, root, await sourceOptions(flags));
    const indexes = spread(table.size, count);
    const samples = await dataSamples(table, indexes);
    const published = dataset.splits[split];
    const file = flags.out ?? `${name}-${split}.html`;
    const page = renderReport({
      title: dataset.title,
      subtitle: `${form}, ${root}`,
      facts: [
        { label: "split", value: split },
        { label: "examples", value: table.size },
        ...(published === undefined ? [] : [{ label: "published", value: published }]),
        { label: "licence", value: dataset.licence },
        { label: "home page", value: dataset.homePage },
      ],
      sections: [
        {
          heading: `${samples.length} of ${table.size} examples`,
          text: "Spread evenly over the split, each with its index and what the data set calls it.",
          body: { kind: "samples", samples },
        },
      ],
    });
    await writeTextAtomic(file, page);
    const broken = samples.flatMap(({ problem }, i) => (problem === undefined ? [] : [indexes[i]!]));
    printResult(
      flags.json,
      { dataset: name, split, examples: table.size, shown: indexes, broken, page: file },
      [
        `${file}: ${samples.length} of ${table.size} examples${broken.length > 0 ? `, ${broken.length} cannot be read` : ""}`,
      ],
    );
  });
