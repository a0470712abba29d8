import assert from "node:assert/strict";
import { test } from "node:test";
import { captions } from "./captions.ts";
import { colours, concepts } from "./concepts.ts";
import { scene } from "./scene.ts";

const numbers = ["", "", "two", "three", "four"];

test("captions are five, stable, at most 30 words long, and name every object as often as it is there", () => {
  for (let index = 0; index < 1000; index++) {
    const truth = scene("test", index, 0);
    const said = captions(truth);
    assert.deepEqual(captions(scene("test", index, 0)), said);
    assert.equal(said.length, 5);
    for (const caption of said) {
      const words = caption.match(/\w+|,/g)!;
      assert.ok(words.length <= 30, caption);
      for (const [c, { name, plural }] of concepts.entries()) {
        const there = truth.objects.filter((object) => object.concept === c).length;
        let named = 0;
        for (const [i, word] of words.entries()) {
          if (word === name) named++;
          const number = words[i - 1] === "small" || words[i - 1] === "large" ? words[i - 2] : words[i - 1];
          if (word === plural) named += numbers.indexOf(number!);
        }
        assert.equal(named, there, `${caption}: ${name}`);
      }
      const { name } = colours[truth.background.colour]!;
      if (caption.includes("background")) assert.ok(caption.includes(` ${name} background`), caption);
      assert.ok(!/\ba [aeiou]|\ban [^aeiou]/.test(caption), caption);
    }
  }
});

test("captions tell scenes apart", (t) => {
  for (let which = 0; which < 5; which++) {
    const distinct = new Set(
      Array.from({ length: 500 }, (_, index) => captions(scene("test", index, 0))[which]),
    );
    t.diagnostic(`${distinct.size} of 500 captions differ`);
    assert.ok(distinct.size >= 480);
  }
});
