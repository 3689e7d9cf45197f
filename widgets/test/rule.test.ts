import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, recall, touched } from "../src/rule.ts";
import { readData } from "../src/spec.ts";
import { Store } from "../src/store.ts";
import { load } from "./load.ts";

test("calls after every move are those of Python, and only touched axes change", () => {
  const { spec, data, steps } = load();
  const store = new Store(spec, data);
  for (const step of steps) {
    const before = store.calls;
    store.move(step.axis, step.name, step.value);
    const at = spec.axes.findIndex((axis) => axis.id === step.axis);
    spec.axes.forEach((axis, i) => {
      assert.deepEqual(
        Array.from(store.calls.final[i]),
        step.codes[axis.id],
        `${axis.id} after ${step.axis}.${step.name} = ${step.value}`,
      );
      if (!touched(spec, at).includes(i)) assert.equal(store.calls.final[i], before.final[i]);
    });
  }
});

test("the evidence names the same thresholds as Python, and those that decided", () => {
  const { spec, data, steps } = load();
  const store = new Store(spec, data);
  let compared = 0;
  for (const step of steps) {
    store.move(step.axis, step.name, step.value);
    if (!step.evidence) continue;
    spec.axes.forEach((axis, i) => {
      const found = explain(spec, data, store.thresholds, store.calls, i, step.row).map((one) => [
        spec.quantities[one.quantity].name,
        one.passes,
        one.decided,
        one.op,
      ]);
      assert.deepEqual(found, step.evidence[axis.id]);
      compared += found.length;
    });
  }
  assert.ok(compared > 50);
});

test("moving one threshold leaves the others to the bit", () => {
  const { spec, data } = load();
  const store = new Store(spec, data),
    before = structuredClone(store.thresholds);
  store.move("ifng", "change", 0.7);
  before.ifng.change = Math.fround(0.7);
  assert.deepEqual(store.thresholds, before);
});

test("what is unknown or no number moves nothing", () => {
  const { spec, data } = load();
  const store = new Store(spec, data),
    before = structuredClone(store.thresholds);
  let told = 0;
  store.listen(() => {
    told++;
  });
  for (const [axis, name, value] of [
    ["nope", "change", 1],
    ["ifng", "nope", 1],
    ["ifng", "change", NaN],
    ["ifng", "change", Infinity],
    ["ifng", "change", 1e300],
    ["ifng", "change", 0.5],
    ["ifng", "toString", 1],
  ] as const) {
    if (name !== "toString") store.move(axis, name, value);
  }
  assert.deepEqual(store.thresholds, before);
  assert.equal(told, 0);
});

test("a buffer of another length is refused with both numbers", () => {
  const { spec } = load();
  assert.throws(
    () => readData(spec, [new DataView(new ArrayBuffer(8))]),
    /buffer 0 has 8 bytes; 1920 were expected/,
  );
});

test("a million rows are called again in time", () => {
  const { spec, data } = load();
  const n = 1_000_000;
  let seed = 1;
  const random = (): number => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const quantities = data.quantities.map(() =>
    Float32Array.from({ length: n }, () => random() * 4 - 2),
  );
  const raw = data.raw.map(() => new Uint8Array(n));
  const big = { ...data, quantities, raw, final: raw };
  const store = new Store({ ...spec, n_drawn: n, n_obs: n }, big);
  recall(store.spec, big, store.thresholds, null, null);
  const times: number[] = [];
  for (const value of [0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5]) {
    const start = performance.now();
    store.move("ifng", "change", value);
    store.counts(0);
    times.push(performance.now() - start);
  }
  console.log(
    `re-threshold of 1,000,000 rows in node: ${times.map((t) => Math.round(t)).join(", ")} ms`,
  );
  assert.equal(times.length, 10);
});
