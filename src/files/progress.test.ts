import assert from "node:assert/strict";
import { test } from "node:test";
import { type ProgressOutput, progress } from "./progress.ts";

/** An output that keeps what it is given, and a clock in milliseconds that is moved by hand. */
function recorded(isTerminal: boolean, width = 100) {
  const clock = { now: 5000 };
  const written: string[] = [];
  const output: ProgressOutput = {
    isTerminal,
    columns: () => width,
    write: (text) => void written.push(text),
    now: () => clock.now,
  };
  return { clock, written, output };
}

test("the line shows fields, rates and the time left", () => {
  const { clock, written, output } = recorded(false);
  const line = progress({ label: "step", total: 2000 }, output);
  clock.now += 12_000;
  line.update(120, { loss: 2.3117, "samples/s": 412.4, lr: 1.2e-4, phase: "warm-up" });
  assert.deepEqual(written, [
    "step 120/2000  loss 2.31  412 samples/s  lr 1.2e-4  phase warm-up  3m08s left\n",
  ]);
});

test("piped output comes every ten seconds and at the end", () => {
  const { clock, written, output } = recorded(false);
  const line = progress({ label: "prepare coco", total: 50, unit: "images" }, output);
  for (let done = 1; done <= 50; done++) {
    clock.now += 500;
    line.update(done);
  }
  line.finish();
  assert.deepEqual(written, [
    "prepare coco 20/50  2 images/s  15s left\n",
    "prepare coco 40/50  2 images/s  5.0s left\n",
    "prepare coco 50/50  2 images/s  in 25s\n",
  ]);
});

test("a terminal's line is redrawn in place, no more than ten times a second, within its width", () => {
  const { clock, written, output } = recorded(true, 24);
  const line = progress({ label: "evaluate", total: 5000, unit: "examples" }, output);
  for (let done = 1; done <= 1000; done++) {
    clock.now += 1;
    line.update(done);
  }
  assert.ok(written.length <= 11, `${written.length} redraws in a second`);
  line.finish();
  assert.equal(written.at(-1), "\n");
  for (const text of written.slice(0, -1)) {
    assert.ok(
      text.startsWith("\r") && text.endsWith("\x1b[K") && text.length <= 1 + 23 + 3,
      JSON.stringify(text),
    );
  }
  assert.match(written.at(-2)!, /^\revaluate 1000\/5000/);
});

test("a resumed run tells its own speed, and a slow start is forgotten", () => {
  const { clock, written, output } = recorded(false);
  const line = progress({ label: "step", total: 8000, from: 7000, unit: "steps" }, output);
  clock.now += 40_000; // compiling
  line.update(7001);
  for (let done = 7002; done <= 7500; done++) {
    clock.now += 100;
    line.update(done);
  }
  assert.match(written[0]!, /^step 7001\/8000 {2}0.0250 steps\/s {2}11h06m left/);
  assert.match(written.at(-1)!, / {2}10 steps\/s {2}1m00s left/);
  line.finish();
  assert.match(written.at(-1)!, /in 1m30s/);
});

test("nothing is divided by zero", () => {
  const { written, output } = recorded(true);
  const line = progress({ label: "step", total: 0 }, output);
  line.update(0, { loss: Number.NaN });
  line.finish();
  assert.deepEqual(written, ["\rstep 0/0  loss NaN\x1b[K", "\rstep 0/0  loss NaN  in 0.0s\x1b[K", "\n"]);
});
