import { posix } from "node:path";

const fence = /^```.*\n[\s\S]*?^```$/gm;

/** Links of a page to files of the repository that do not exist; addresses and anchors of the same page are left out. */
export function brokenLinks(page: string, markdown: string, exists: (path: string) => boolean): string[] {
  const prose = markdown.replace(fence, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
    .map((match) => match[1]!)
    .filter((link) => !/^(?:[a-z]+:|#)/.test(link))
    .filter((link) => !exists(posix.join(posix.dirname(page), link.split("#")[0]!)))
    .map((link) => `${page}: ${link} does not exist`);
}

/** Folders that no code block of the page lists as "name/". */
export function missingFromTree(markdown: string, folders: readonly string[]): string[] {
  const blocks = (markdown.match(fence) ?? []).join("\n");
  return folders.filter((folder) => !new RegExp(`(?<![\\w-])${folder}/`).test(blocks));
}
