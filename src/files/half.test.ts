import assert from "node:assert/strict";
import { test } from "node:test";
import { rng } from "../core/index.ts";
import { narrowBf16, narrowF16, widenBf16, widenF16 } from "./half.ts";

const formats = { f16: [widenF16, narrowF16], bf16: [widenBf16, narrowBf16] } as const;
const everyWord = Uint16Array.from({ length: 65536 }, (_, word) => word);

function widened(words: Uint16Array, format: keyof typeof formats): Float32Array {
  const values = new Float32Array(words.length);
  formats[format][0](words, values);
  return values;
}

function narrowed(values: Float32Array, format: keyof typeof formats): Uint16Array {
  const words = new Uint16Array(values.length);
  formats[format][1](values, words);
  return words;
}

for (const format of ["f16", "bf16"] as const) {
  test(`every ${format} word survives f32, NaN as NaN`, () => {
    const values = widened(everyWord, format);
    const words = narrowed(values, format);
    const wrong = everyWord.filter((word) => !Number.isNaN(values[word]) && words[word] !== word);
    assert.deepEqual([...wrong], []);
    assert.deepEqual(
      widened(words, format).map(Number.isNaN as () => never),
      values.map(Number.isNaN as () => never),
    );
    assert.ok(values.some(Number.isNaN));
  });

  test(`f32 rounds to the nearest ${format}, ties to the even word`, () => {
    const draws = rng("half", format);
    const bits = Uint32Array.from({ length: 40000 }, (_, i) => {
      const word = draws.bits();
      // Half of them between neighbours or halfway, with the exponents of binary16.
      return i % 2 === 0 ? word : ((word & 0x80ffe000) | 0x30000000 | (draws.integer(3) << 12)) >>> 0;
    });
    const values = new Float32Array(bits.buffer).filter(Number.isFinite);
    const words = narrowed(values, format);
    const largest = format === "f16" ? 0x7bff : 0x7f7f;
    for (const [i, value] of values.entries()) {
      const word = words[i]!;
      if ((word & 0x7fff) > largest) {
        const limit = Number(widened(Uint16Array.of(largest), format)[0]);
        const step = limit - Number(widened(Uint16Array.of(largest - 1), format)[0]);
        assert.ok(Math.abs(value) >= limit + step / 2, `${value} became infinite`);
        continue;
      }
      const distance = (other: number) => Math.abs(value - widened(Uint16Array.of(other), format)[0]!);
      const magnitude = word & 0x7fff;
      const neighbours = [magnitude - 1, magnitude + 1].filter((other) => other >= 0 && other <= largest);
      for (const other of neighbours.map((near) => (word & 0x8000) | near)) {
        assert.ok(distance(word) <= distance(other), `${value} is nearer to ${other} than to ${word}`);
        if (distance(word) === distance(other)) assert.equal(word % 2, 0, `${value} lies halfway`);
      }
    }
  });
}

test("the edges of the formats", () => {
  const f16 = narrowed(
    Float32Array.of(65519, 65520, -0, 2 ** -25, 3 * 2 ** -26, 2 ** -14 - 2 ** -26, 1e-30),
    "f16",
  );
  assert.deepEqual([...f16], [0x7bff, 0x7c00, 0x8000, 0, 1, 0x0400, 0]);
  const bits = Uint32Array.of(0x7f800001, 0x7f7fffff, 0x3f808000, 0x3f818000);
  assert.deepEqual([...narrowed(new Float32Array(bits.buffer), "bf16")], [0x7fc0, 0x7f80, 0x3f80, 0x3f82]);
});
