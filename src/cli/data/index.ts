import { Command } from "commander";
import { checkData } from "./check.ts";
import { listData } from "./list.ts";
import { packData } from "./pack.ts";
import { showData } from "./show.ts";
import { vocabData } from "./vocab.ts";

const parts = [listData, checkData, showData, packData, vocabData];

/** `bifocal data <verb>` */
export const data = new Command("data")
  .description("look at data sets and prepare them: list, check, show, pack, vocab")
  .usage("<verb> [options]")
  .addHelpText(
    "after",
    `
Examples:
  $ bifocal data list
  $ bifocal data check vqav2 /data/vqa --json
Every verb has --help with its own examples.`,
  );
for (const part of parts) data.addCommand(part);
