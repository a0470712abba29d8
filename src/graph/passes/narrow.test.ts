import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../backends/backend.ts";
import { referenceBackend } from "../../backends/reference/index.ts";
import { rng } from "../../core/rng.ts";
import { sizeOf } from "../../core/shape.ts";
import { keepBias } from "../../nn/attention.ts";
import { type BlockConfig, crossBlock, encoderBlock } from "../../nn/block.ts";
import { linear } from "../../nn/linear.ts";
import { declare, type Scope } from "../../nn/scope.ts";
import { flops } from "../cost.ts";
import { gradients } from "../grad.ts";
import { type Graph, graphOf } from "../graph.ts";
import { apply, concat, type Tensor } from "../tensor.ts";
import { traced } from "../trace.ts";
import { narrow } from "./narrow.ts";

const c: BlockConfig = {
  width: 8,
  heads: 2,
  hidden: 12,
  activation: "exact",
  norm: "pre",
  dropout: 0.3,
  epsilon: 1e-6,
};
const input = (name: string, shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });

/** A loss in a trace that drops, and by what it is differentiated. */
function lossOf(build: (at: Scope) => Tensor) {
  const key = apply("input", { name: "key", type: { dtype: "i32", shape: [1] } });
  return declare((at) => traced({ mode: "train", key, isFrozen: () => false }, () => build(at)), 0.3);
}

/** Loss and all gradients, of the graph as it is and of the narrowed one. */
async function compared(build: (at: Scope) => Tensor) {
  const { model: loss, parameters } = lossOf(build);
  const plain = graphOf({ loss });
  const small = narrow(plain);
  const differentiated = ({ outputs }: Graph) => {
    const slopes = gradients(
      outputs.loss!,
      parameters.map(({ tensor }) => tensor),
    );
    return graphOf({
      loss: outputs.loss!,
      ...Object.fromEntries(slopes.flatMap((slope, i) => (slope ? [[parameters[i]!.name, slope]] : []))),
    });
  };
  const [before, after] = [differentiated(plain), differentiated(small)];
  const leaves = Object.fromEntries(
    Object.entries({ ...before.inputs, ...before.parameters }).map(([name, { shape }]) => {
      const random = rng("narrow", name);
      const values = Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
      return [name, name === "key" ? Int32Array.of(7) : values];
    }),
  );
  const expected = await evaluate(referenceBackend, before, leaves);
  const got = await evaluate(referenceBackend, after, leaves);
  assert.deepEqual(Object.keys(got), Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    for (const [i, value] of values.entries()) {
      assert.ok(
        Math.abs(got[name]![i]! - value) <= 1e-6 * (1 + Math.abs(value)),
        `${name}[${i}]: ${got[name]![i]}, ${value}`,
      );
    }
  }
  return { plain, small, share: flops(after) / flops(before) };
}

test("a block of whose result one token is read runs for that token", async () => {
  for (const norm of ["pre", "post"] as const) {
    const { share } = await compared((at) => {
      const keep = input("keep", [3, 5]).less(2);
      const x = encoderBlock(at, { ...c, norm })(input("x", [3, 5, 8]), keepBias(keep)).x;
      const token = x.at(1, 0);
      return token.mul(token).sumAll();
    });
    // Keys and values of all tokens are left: a sixth of a block's products here, and the attention's of one row.
    assert.ok(share < 0.5, `${share}`);
  }
});

test("a block that reads another stream, and of two streams joined the first words", async () => {
  const crossed = await compared((at) => {
    const { x } = crossBlock(at, c)(input("x", [2, 5, 8]), input("y", [2, 7, 8]));
    return x
      .slice(1, 1, 3)
      .mul(x.slice(1, 1, 3))
      .sumAll();
  });
  assert.ok(crossed.share < 0.8, `${crossed.share}`);
  const joined = await compared((at) => {
    const tokens = encoderBlock(at, c)(concat([input("x", [2, 3, 8]), input("y", [2, 6, 8])], 1)).x;
    return tokens.slice(1, 0, 3).exp().sumAll();
  });
  assert.ok(joined.share < 0.7, `${joined.share}`);
});

test("what is read whole, or in two different parts, stays whole", async () => {
  const { plain, small } = await compared((at) => {
    const y = linear(at.in("a"), { from: 4, to: 6 })(input("x", [2, 5, 4])); // parts differ
    const z = linear(at.in("b"), { from: 4, to: 6 })(input("x2", [2, 5, 4])); // once whole
    return y.at(1, 0).mul(y.at(1, 3)).sumAll().add(z.at(1, 0).sumAll()).add(z.exp().sumAll());
  });
  assert.equal(flops(small), flops(plain));
});

test("parts of every axis through moves, products and broadcasting", async () => {
  await compared((at) => {
    const table = at.param("table", [6, 4], (target) => target.fill(0.5));
    const x = input("x", [2, 6, 4]).add(table); // the part's axis broadcasts in front
    const y = x.transpose([1, 0, 2]).reshape([12, 4]).reshape([6, 8]).slice(0, 2, 4); // split and joined again
    const z = input("z", [3, 4, 6])
      .matmul(input("w", [3, 6, 5]))
      .slice(0, 1, 2); // matrices of a batch: not narrowed
    const u = input("u", [4, 3]).reshape([2, 6]).slice(1, 0, 2); // an axis that is spread over others
    const v = input("v", [4, 5])
      .mul(input("s", [4, 1]))
      .softmax()
      .slice(1, 1, 2); // along the softmax
    return [y, z, u, v].map((part) => part.mul(part).sumAll()).reduce((sum, part) => sum.add(part));
  });
});
