import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../../core/index.ts";
import { encodePng } from "../../files/png.ts";
import { type Body, type Report, renderReport } from "./report.ts";

const image = encodePng(new Uint8Array(5 * 4 * 3).fill(90), { width: 5, height: 4 });
const attack = `</style><script>alert("1")</script>'&`;
const attention = {
  words: ["is", attack, "?"],
  grid: { rows: 2, columns: 3 },
  weights: [0, 1, 2].map(weights),
};

/** Strongest at patch 4 of 0..5: row 2, column 2. */
function weights(word: number): number[] {
  return [0.1, 0.1, 0.1, 0.1, 0.5 + word, 0.1];
}

const example = {
  image,
  caption: attack,
  question: attack,
  answer: attack,
  truth: "red",
  correct: false,
  top: [
    { answer: attack, probability: 0.7 },
    { answer: "red", probability: 0.21 },
  ],
  attention,
};

const score = { fraction: 0.613, interval: [0.598, 0.628], baseline: 0.381 } as const;

const bodies: readonly Body[] = [
  {
    kind: "curves",
    charts: [{ xLabel: attack, yLabel: attack, series: [{ name: attack, points: [[0, 1]] }] }],
  },
  {
    kind: "table",
    columns: [attack, "questions", "accuracy"],
    rows: [[attack, 4000, score]],
    highlight: 0,
    note: attack,
  },
  { kind: "examples", examples: [example, { ...example, correct: true }] },
  {
    kind: "retrieval",
    queries: [
      {
        query: attack,
        results: [
          { item: image, score: 0.8, correct: false },
          { item: attack, score: 0.5, correct: true },
        ],
      },
      { query: image, results: [] },
    ],
  },
  { kind: "preformatted", text: attack },
];

const report: Report = {
  title: attack,
  subtitle: attack,
  facts: [
    { label: attack, value: attack },
    { label: "parameters", value: 3104512 },
  ],
  sections: bodies.map((body) => ({ heading: attack, text: attack, body })),
};

const empty = new Set(["!doctype", "meta", "img", "input"]);

/** Whether every element is closed in order; a slash before the bracket closes at once. */
function isBalanced(markup: string): boolean {
  const open: string[] = [];
  for (const [, slash, name, rest] of markup.matchAll(/<(\/?)([!a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (slash === "/") {
      if (open.pop() !== name) return false;
    } else if (!empty.has(name!) && !rest!.endsWith("/")) open.push(name!);
  }
  return open.length === 0;
}

test("the page is balanced, asks for nothing and runs nothing, whatever the texts are", () => {
  const page = renderReport(report);
  assert.ok(isBalanced(page));
  assert.doesNotMatch(page, /<script|https?:|url\(|@import|\son\w+=/);
  for (const [, address] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
    assert.match(address!, /^(data:image\/png;base64,|#section-\d$)/);
  }
  assert.match(page, /&lt;\/style&gt;&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&#39;&amp;/);
  assert.equal(page, renderReport(report));
});

test("every picture has a text, ids are unique", () => {
  const page = renderReport(report);
  const pictures = page.match(/<img/g) ?? [];
  assert.equal(pictures.length, 2 + 2 * 3 + 2); // two examples, their six maps, two of retrieval
  assert.equal(page.match(/<img[^>]* alt="[^"]+"/g)?.length, pictures.length);
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]);
  assert.equal(ids.length, 2 * bodies.length);
  assert.equal(new Set(ids).size, ids.length);
});

test("scores, verdicts and attention are told in words", () => {
  const page = renderReport(report);
  for (const words of ["61.3%", "59.8–62.8%", "baseline 38.1%", "4,000", "3,104,512", "21.0%"]) {
    assert.ok(page.includes(words), words);
  }
  assert.equal(page.match(/✗ wrong/g)?.length, 1);
  assert.equal(page.match(/✓ correct/g)?.length, 1);
  assert.match(page, /is: strongest at row 2, column 2, with 50.0% of its weight on the picture/);
});

test("small pictures grow by a whole factor", () => {
  assert.match(renderReport(report), /<img class="crisp" [^>]*width="205" height="164"/); // 5 x 41, 4 x 41
});

test("pictures that are none and attention that is none are named", () => {
  const withExample = (changed: object) =>
    renderReport({
      ...report,
      sections: [{ heading: "a", body: { kind: "examples", examples: [{ ...example, ...changed }] } }],
    });
  assert.throws(() => withExample({ image: Buffer.from("GIF") }), BifocalError);
  const dead = { ...attention, weights: [weights(0), new Array(6).fill(0), weights(2)] };
  assert.throws(() => withExample({ attention: dead }), /expected a positive weight, got 0 at most/);
  const torn = { ...attention, weights: [weights(0), [1], weights(2)] };
  assert.throws(() => withExample({ attention: torn }), /bug in bifocal: attention weights do not fill/);
});

test("a ragged table is a bug", () => {
  const body: Body = { kind: "table", columns: ["a", "b"], rows: [[1, 2], [3]] };
  assert.throws(() => renderReport({ ...report, sections: [{ heading: "a", body }] }), /bug in bifocal/);
});
