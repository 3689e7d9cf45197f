// Counts, intervals, selections: plain numbers in, plain numbers out.

export function tally(codes: Uint8Array | Uint16Array, size: number): number[] {
  const counts = new Array<number>(size).fill(0);
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++;
  return counts;
}

// Wilson's interval of 95 % for k of n.
export function wilson(k: number, n: number): [number, number] {
  if (n === 0) return [0, 1];
  const z = 1.959963984540054;
  const p = k / n,
    q = (z * z) / n;
  const middle = (p + q / 2) / (1 + q);
  const half = (z * Math.sqrt((p * (1 - p)) / n + q / (4 * n))) / (1 + q);
  return [k === 0 ? 0 : Math.max(0, middle - half), k === n ? 1 : Math.min(1, middle + half)];
}

export interface Histogram {
  low: number;
  high: number;
  counts: number[];
  n: number;
}

export function histogram(values: Float32Array, bins: number, limits: number[] = []): Histogram {
  let low = Infinity,
    high = -Infinity,
    n = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v - v !== 0) continue; // NaN and infinite
    n++;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  for (const limit of limits) {
    low = Math.min(low, limit);
    high = Math.max(high, limit);
  }
  if (!Number.isFinite(low)) {
    low = 0;
    high = 1;
  }
  if (low === high) {
    low -= 0.5;
    high += 0.5;
  }
  const margin = (high - low) * 0.04;
  low -= margin;
  high += margin;
  const counts = new Array<number>(bins).fill(0),
    scale = bins / (high - low);
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v - v === 0) counts[Math.min(bins - 1, Math.max(0, Math.floor((v - low) * scale)))]++;
  }
  return { low, high, counts, n };
}

export interface Bar {
  patient: number;
  time: number;
  counts: number[];
  n: number;
}

// Calls per patient and time point; `none` marks what has no patient.
export function composition(
  patients: Uint16Array,
  times: Uint16Array,
  codes: Uint8Array,
  sizes: Sizes,
  none: (patient: number) => boolean,
): Bar[] {
  const table = new Uint32Array(sizes.patients * sizes.times * sizes.calls);
  for (let i = 0; i < codes.length; i++)
    table[(patients[i] * sizes.times + times[i]) * sizes.calls + codes[i]]++;
  return barsOf(table, sizes, none);
}

export interface Sizes {
  patients: number;
  times: number;
  calls: number;
}

// From counts of (patient, time, call) to bars.
export function barsOf(
  table: Uint32Array,
  sizes: Sizes,
  none: (patient: number) => boolean,
): Bar[] {
  const bars: Bar[] = [];
  for (let p = 0; p < sizes.patients; p++) {
    if (none(p)) continue;
    for (let t = 0; t < sizes.times; t++) {
      const counts = Array.from(
        table.subarray(
          (p * sizes.times + t) * sizes.calls,
          (p * sizes.times + t + 1) * sizes.calls,
        ),
      );
      const n = counts.reduce((a, b) => a + b, 0);
      if (n) bars.push({ patient: p, time: t, counts, n });
    }
  }
  return bars;
}

export interface Way {
  row: number;
  before: number;
  after: number;
}

// From the call at baseline to the call of the later sample, one a pair.
export function ways(baseline: Int32Array, codes: Uint8Array): Way[] {
  const found: Way[] = [];
  for (let row = 0; row < baseline.length; row++) {
    const first = baseline[row];
    if (first >= 0 && first !== row) found.push({ row, before: codes[first], after: codes[row] });
  }
  return found;
}

export function packBits(mask: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) if (mask[i]) bits[i >> 3] |= 128 >> (i & 7);
  return bits;
}

export function unpackBits(bits: Uint8Array, n: number): Uint8Array {
  const mask = new Uint8Array(n);
  for (let i = 0; i < n; i++) mask[i] = (bits[i >> 3] >> (7 - (i & 7))) & 1;
  return mask;
}

// Points (x, y in turn) inside a polygon, by the even-odd rule.
export function inside(points: Float32Array, corners: [number, number][]): Uint8Array {
  const n = points.length / 2,
    mask = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const x = points[2 * i],
      y = points[2 * i + 1];
    let hit = 0;
    for (let a = 0, b = corners.length - 1; a < corners.length; b = a++) {
      const [x1, y1] = corners[a],
        [x2, y2] = corners[b];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) hit ^= 1;
    }
    mask[i] = hit;
  }
  return mask;
}

export function extent(points: Float32Array): [number, number, number, number] {
  let x0 = Infinity,
    x1 = -Infinity,
    y0 = Infinity,
    y1 = -Infinity;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i],
      y = points[i + 1];
    if (x - x !== 0 || y - y !== 0) continue;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  if (!Number.isFinite(x0)) return [0, 1, 0, 1];
  return [x0, x1 > x0 ? x1 : x0 + 1, y0, y1 > y0 ? y1 : y0 + 1];
}
