import assert from "node:assert/strict";
import { test } from "node:test";
import {
  classCounts,
  disc,
  hex,
  render,
  stepped,
  STEPS,
  toPixel,
  toUnits,
  type Layer,
  type View,
} from "../src/raster.ts";

const view: View = { width: 40, height: 30, scale: 4, x: 0, y: 0 };

function cloud(n: number): Layer {
  const points = new Float32Array(2 * n),
    codes = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    points[2 * i] = Math.sin(i * 12.9) * 4;
    points[2 * i + 1] = Math.cos(i * 7.3) * 3;
    codes[i] = i % 10 ? 0 : 1;
  }
  return {
    points,
    codes,
    colors: [hex("#E69F00"), hex("#56B4E9")],
    shown: [true, true],
    selected: null,
  };
}

function reversed(layer: Layer): Layer {
  const n = layer.codes.length,
    points = new Float32Array(2 * n),
    codes = new Uint8Array(n),
    selected = layer.selected && new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    points.set(layer.points.subarray(2 * i, 2 * i + 2), 2 * (n - 1 - i));
    codes[n - 1 - i] = layer.codes[i];
    if (selected && layer.selected) selected[n - 1 - i] = layer.selected[i];
  }
  return { ...layer, points, codes, selected };
}

test("the order of the points does not change a pixel", () => {
  const layer = cloud(3000);
  assert.deepEqual(
    render(reversed(layer), view, 1, hex("#FFFFFF")),
    render(layer, view, 1, hex("#FFFFFF")),
  );
  const chosen = { ...layer, selected: Uint8Array.from(layer.codes, (_, i) => (i % 3 ? 0 : 1)) };
  assert.deepEqual(
    render(reversed(chosen), view, 2, hex("#111111")),
    render(chosen, view, 2, hex("#111111")),
  );
});

test("a tenth of the points takes a tenth of the colour, not the whole", () => {
  const n = 1000,
    // the rare class comes last
    codes = Uint8Array.from({ length: n }, (_, i) => (i >= 900 ? 1 : 0));
  const layer: Layer = {
    points: new Float32Array(2 * n),
    codes,
    colors: [
      [255, 0, 0],
      [0, 0, 255],
    ],
    shown: [true, true],
    selected: null,
  };
  const out = render(layer, view, 0, [0, 0, 0]),
    at = 4 * (15 * 40 + 20);
  assert.ok(Math.abs(out[at] / (out[at] + out[at + 2]) - 0.9) < 0.01);
});

test("counts are of every class at every pixel; hidden and far points count nowhere", () => {
  const layer: Layer = {
    points: Float32Array.from([0, 0, 0, 0, 0, 0, 99, 99, NaN, 0]),
    codes: Uint8Array.from([0, 1, 1, 0, 0]),
    colors: [hex("#000000"), hex("#FFFFFF")],
    shown: [true, true],
    selected: null,
  };
  const counts = classCounts(layer, view, disc(0), null),
    at = 2 * (15 * 40 + 20);
  assert.deepEqual([counts[at], counts[at + 1]], [1, 2]);
  assert.equal(
    counts.reduce((a, b) => a + b),
    3,
  );
  assert.equal(
    classCounts({ ...layer, shown: [true, false] }, view, disc(0), null).reduce((a, b) => a + b),
    1,
  );
});

test("pixels and units are inverse", () => {
  const [x, y] = toUnits(view, ...toPixel(view, 1.25, -2.5));
  assert.deepEqual([x, y], [1.25, -2.5]);
});

test("missing values have a class of their own", () => {
  assert.deepEqual(Array.from(stepped(Float32Array.from([0, 1, NaN, 5, -5]), 0, 1)), [
    0,
    STEPS - 1,
    STEPS,
    STEPS - 1,
    0,
  ]);
});

test("a million points are drawn in time", () => {
  const layer = cloud(1_000_000),
    wide = { ...view, width: 700, height: 420, scale: 40 };
  const start = performance.now();
  render(layer, wide, 1, hex("#FFFFFF"));
  console.log(`picture of 1,000,000 points in node: ${Math.round(performance.now() - start)} ms`);
});
