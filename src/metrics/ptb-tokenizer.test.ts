import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenizeCaptions } from "./ptb-tokenizer.ts";

const one = (caption: string) => tokenizeCaptions([caption])[0];

test("captions become lower-case words without punctuation", () => {
  assert.equal(one('A man, who "smiles", rides.'), "a man who smiles rides");
  assert.equal(one("It's the boys' T.V. -- don't!"), "it 's the boys t.v. do n't");
  assert.equal(
    one("Well-dressed (old) men cannot pay $5.00"),
    "well-dressed -lrb- old -rrb- men can not pay $ 5.00",
  );
  assert.equal(one("  "), "");
  assert.equal(one("a\nb"), "a b");
});

test("what is one token stays one, its spaces hard", () => {
  assert.equal(one("1 1/2 of :-) at www.a.com"), "1\u00A01/2 of :--rrb- at www.a.com");
});

test("a point behind a letter or a number's word hangs on the next caption", () => {
  assert.deepEqual(tokenizeCaptions(["vitamin c.", "A man", "modern art.", "5 dogs"]), [
    "vitamin c",
    "a man",
    "modern art.",
    "5 dogs",
  ]);
  assert.deepEqual(tokenizeCaptions(["vitamin c.", "modern art."]), ["vitamin c.", "modern art"]);
});

test("characters that the tokenizer does not know part words and vanish", () => {
  assert.equal(one("a😀b 𝒜c caf\u00E9 soft\u00ADly"), "a b c caf\u00E9 softly");
  assert.deepEqual(tokenizeCaptions([]), []);
});
