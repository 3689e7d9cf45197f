import assert from "node:assert/strict";
import { test } from "node:test";
import {
  composition,
  histogram,
  inside,
  packBits,
  tally,
  unpackBits,
  ways,
  wilson,
} from "../src/stats.ts";
import { load, vectors } from "./load.ts";

const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-9, `${a} and ${b}`);

test("Wilson's interval is that of Python", () => {
  for (const [k, n, low, high] of vectors("stats.json").wilson) {
    const found = wilson(k, n);
    near(found[0], low);
    near(found[1], high);
  }
});

test("points in a polygon are those of Python", () => {
  const { points, corners, inside: expected } = vectors("stats.json").polygon;
  assert.deepEqual(Array.from(inside(Float32Array.from(points), corners), Boolean), expected);
});

test("bits there and back, in numpy's order", () => {
  const { mask, bytes } = vectors("stats.json").bits;
  const bits = packBits(Uint8Array.from(mask, Number));
  assert.deepEqual(Array.from(bits), bytes);
  assert.deepEqual(Array.from(unpackBits(bits, mask.length), Boolean), mask);
});

test("composition and flow are those of Python", () => {
  const { spec, data } = load(),
    expected = vectors("stats.json"),
    axis = spec.axes[0];
  const patients = spec.columns[spec.patient].names,
    times = spec.columns[spec.timepoint].names;
  const bars = composition(
    data.columns[spec.patient],
    data.columns[spec.timepoint],
    data.final[0],
    { patients: patients.length, times: times.length, calls: axis.names.length },
    (p) => patients[p] === "",
  );
  const found = bars.flatMap((bar) =>
    bar.counts
      .map((n, call) => [patients[bar.patient], times[bar.time], axis.names[call], n, bar.n])
      .filter((row) => row[3]),
  );
  const sorted = (rows: any[]): string[] => rows.map((row) => row.slice(0, 5).join()).sort();
  assert.deepEqual(sorted(found), sorted(expected.composition));
  const counts = new Map<string, number>();
  for (const way of ways(data.baseline, data.final[0])) {
    const key = `${axis.names[way.before]},${axis.names[way.after]}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.deepEqual(
    [...counts].map(([k, n]) => `${k},${n}`).sort(),
    expected.flows.map((row: any[]) => row.join()).sort(),
  );
});

test("a histogram leaves out what is missing and counts the rest once", () => {
  const bins = histogram(Float32Array.from([0, 1, 2, NaN, Infinity, 2]), 4);
  assert.equal(bins.n, 4);
  assert.equal(
    bins.counts.reduce((a, b) => a + b),
    4,
  );
  assert.deepEqual(histogram(new Float32Array(3).fill(NaN), 4).counts, [0, 0, 0, 0]);
  assert.deepEqual(tally(Uint8Array.from([0, 2, 2]), 3), [1, 0, 2]);
});
