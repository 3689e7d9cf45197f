import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, Store } from "../src/store.ts";
import { load } from "./load.ts";

test("counts of moved thresholds wait for the quantities; then they are those of all", () => {
  const { spec, data } = load(),
    whole = new Store(spec, data),
    store = new Store(spec, { ...data, quantities: [] });
  assert.equal(store.ready, false);
  assert.deepEqual(store.counts(0), whole.counts(0));
  store.move("ifng", "change", 0.75);
  assert.ok(store.pending && store.counts(0).every((n) => Number.isNaN(n) || n === 0));
  whole.move("ifng", "change", 0.75);
  store.fill(data.quantities.slice(0, spec.n_ruled));
  assert.equal(store.pending, false);
  spec.axes.forEach((_, i) => assert.deepEqual(store.counts(i), whole.counts(i)));
});

test("where only a part is here, only counts of the thresholds of now are told", () => {
  const { spec, data } = load(),
    store = new Store({ ...spec, n_obs: 10 * spec.n_drawn }, data);
  const totals = Object.fromEntries(
    spec.axes.map((axis) => [axis.id, axis.names.map((_, i) => 1000 + i)]),
  );
  assert.ok(store.pending && store.counts(0).every(Number.isNaN));
  store.totals = { key: keyOf(store.thresholds), counts: totals, axis: "ifng", groups: null };
  assert.deepEqual(store.counts(0), totals.ifng);
  store.move("ifng", "change", 0.75);
  assert.ok(store.pending && store.counts(0).every(Number.isNaN));
  store.move("ifng", "change", 0.5);
  assert.deepEqual(store.counts(0), totals.ifng);
});

test("the key of thresholds does not depend on the order in which they come", () => {
  assert.equal(
    keyOf({ b: { y: 1, x: 2 }, a: { z: 3 } }),
    keyOf({ a: { z: 3 }, b: { x: 2, y: 1 } }),
  );
  assert.notEqual(keyOf({ a: { z: 3 } }), keyOf({ a: { z: 3.5 } }));
});

test("a quantity that is not here yet is drawn as missing", () => {
  const { spec, data } = load(),
    store = new Store(spec, { ...data, quantities: data.quantities.slice(0, spec.n_ruled) });
  store.color = `quantity:${spec.quantities[spec.n_ruled].name}`;
  const codes = store.coloring().codes;
  assert.ok(codes.length === spec.n_drawn && codes.every((code) => code === codes[0]));
});
