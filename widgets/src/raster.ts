// From points to pixels by way of counts. Every pixel counts how many points of each class cover it
// and takes the mean of their colours, so the order in which points come, or are drawn, cannot
// change the picture.

export type Rgb = [number, number, number];

export interface View {
  width: number;
  height: number;
  scale: number; // pixels a unit
  x: number; // centre, in units
  y: number;
}

export interface Layer {
  points: Float32Array;
  codes: Uint8Array | Uint16Array;
  colors: Rgb[];
  shown: boolean[]; // a class
  selected: Uint8Array | null;
}

export function hex(color: string): Rgb {
  const v = parseInt(color.slice(1, 7), 16);
  return [(v >> 16) & 255, (v >> 8) & 255, v & 255];
}

// Pixels of a disc around (0, 0).
export function disc(radius: number): [number, number][] {
  const found: [number, number][] = [];
  const whole = Math.ceil(radius);
  for (let dy = -whole; dy <= whole; dy++)
    for (let dx = -whole; dx <= whole; dx++)
      if (dx * dx + dy * dy <= radius * radius) found.push([dx, dy]);
  return found;
}

export function toPixel(view: View, x: number, y: number): [number, number] {
  return [view.width / 2 + (x - view.x) * view.scale, view.height / 2 - (y - view.y) * view.scale];
}

export function toUnits(view: View, px: number, py: number): [number, number] {
  return [
    view.x + (px - view.width / 2) / view.scale,
    view.y - (py - view.height / 2) / view.scale,
  ];
}

// Counts of each class at each pixel; class k of pixel p is at p * classes + k.
export function classCounts(
  layer: Layer,
  view: View,
  brush: [number, number][],
  wanted: 0 | 1 | null,
): Uint16Array {
  const { width, height } = view,
    classes = layer.colors.length;
  const counts = new Uint16Array(width * height * classes);
  const n = layer.points.length / 2;
  for (let i = 0; i < n; i++) {
    const code = layer.codes[i];
    if (!layer.shown[code] || (wanted !== null && layer.selected && layer.selected[i] !== wanted))
      continue;
    const px = Math.floor(width / 2 + (layer.points[2 * i] - view.x) * view.scale);
    const py = Math.floor(height / 2 - (layer.points[2 * i + 1] - view.y) * view.scale);
    for (let b = 0; b < brush.length; b++) {
      const x = px + brush[b][0],
        y = py + brush[b][1];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = (y * width + x) * classes + code;
      if (counts[at] < 65535) counts[at]++;
    }
  }
  return counts;
}

function paint(
  out: Uint8ClampedArray,
  counts: Uint16Array,
  colors: Rgb[],
  paper: Rgb,
  strength: number,
  peak: number,
): void {
  const classes = colors.length;
  const full = Math.log1p(peak);
  for (let p = 0, at = 0; p < out.length / 4; p++) {
    let n = 0,
      r = 0,
      g = 0,
      b = 0;
    for (let k = 0; k < classes; k++, at++) {
      const c = counts[at];
      if (c) {
        n += c;
        r += c * colors[k][0];
        g += c * colors[k][1];
        b += c * colors[k][2];
      }
    }
    if (!n) continue;
    const alpha = strength * (0.55 + 0.45 * Math.min(1, Math.log1p(n) / full));
    out[4 * p] = paper[0] + alpha * (r / n - paper[0]);
    out[4 * p + 1] = paper[1] + alpha * (g / n - paper[1]);
    out[4 * p + 2] = paper[2] + alpha * (b / n - paper[2]);
  }
}

// The picture as RGBA. Selected points stand in full colour over the pale others.
export function render(layer: Layer, view: View, radius: number, paper: Rgb): Uint8ClampedArray {
  const out = new Uint8ClampedArray(view.width * view.height * 4);
  for (let i = 0; i < out.length; i += 4) {
    out[i] = paper[0];
    out[i + 1] = paper[1];
    out[i + 2] = paper[2];
    out[i + 3] = 255;
  }
  const brush = disc(radius);
  const peak = Math.max(
    1,
    Math.min(20, (((layer.points.length / 2) * brush.length) / (view.width * view.height)) * 4),
  );
  if (!layer.selected)
    paint(out, classCounts(layer, view, brush, null), layer.colors, paper, 1, peak);
  else {
    paint(out, classCounts(layer, view, brush, 0), layer.colors, paper, 0.22, peak);
    paint(out, classCounts(layer, view, brush, 1), layer.colors, paper, 1, 1);
  }
  return out;
}

// Cividis at eleven places: readable in grey and by people who see red and green alike.
const CIVIDIS = [
  "#00224E",
  "#123570",
  "#3B496C",
  "#575D6D",
  "#707173",
  "#8A8678",
  "#A59C74",
  "#C3B369",
  "#E1CC55",
  "#F3DB4B",
  "#FEE838",
].map(hex);
export const STEPS = 32;

export function ramp(steps = STEPS): Rgb[] {
  return Array.from({ length: steps }, (_, i) => {
    const at = (i / (steps - 1)) * (CIVIDIS.length - 1),
      low = Math.floor(at),
      rest = at - low;
    const a = CIVIDIS[low],
      b = CIVIDIS[Math.min(low + 1, CIVIDIS.length - 1)];
    return [0, 1, 2].map((c) => Math.round(a[c] + rest * (b[c] - a[c]))) as Rgb;
  });
}

// Values to classes of the ramp; what is missing is class STEPS.
export function stepped(values: Float32Array, low: number, high: number): Uint8Array {
  const codes = new Uint8Array(values.length),
    scale = STEPS / (high - low || 1);
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    codes[i] = v !== v ? STEPS : Math.max(0, Math.min(STEPS - 1, Math.floor((v - low) * scale)));
  }
  return codes;
}
