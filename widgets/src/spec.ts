import { copied } from "./model.ts";

// What Python sends: the scheme with its rules compiled to numbers, names and colours. The shape is
// checked on both sides: `tests/widgets/test_spec.py` compares these fields with what Python
// writes.

export type Op = ">=" | "<=" | ">" | "<";

export type Condition =
  | { kind: "compare"; quantity: number; op: Op; sign: 1 | -1; threshold: string }
  | { kind: "has"; quantity: number }
  | { kind: "lacks"; quantity: number }
  | { kind: "call"; axis: number; code: number; negated: boolean };

export interface Rule {
  code: number;
  when: Condition[];
}

export interface Threshold {
  name: string;
  value: number;
  text: string;
  source: string;
}

export interface Axis {
  id: string;
  title: string;
  names: string[];
  texts: string[];
  words: string[]; // of the calls, as the kinds of time points allow
  by_kind: Record<string, string[]>; // the same for the samples of one kind
  colors: string[];
  thresholds: Threshold[];
  rules: Rule[];
  otherwise: number;
}

export interface Quantity {
  name: string;
  title: string;
  unit: string;
  signature: string;
  coverage: string;
  shared: string;
}

export interface Column {
  name: string;
  names: string[];
  colors: string[];
  counts: number[]; // of all observations
}

export interface Spec {
  format: "resistype-explorer";
  format_version: 1;
  title: string;
  note: string;
  n_obs: number;
  n_drawn: number;
  has_genes: boolean;
  quantities: Quantity[];
  n_ruled: number; // so many of the quantities stand in rules: the first ones
  axes: Axis[];
  columns: Column[];
  embeddings: string[];
  patient: number;
  timepoint: number;
}

export interface Data {
  points: Float32Array[];
  quantities: Float32Array[];
  raw: Uint8Array[];
  final: Uint8Array[];
  columns: Uint16Array[];
  baseline: Int32Array;
}

export type Thresholds = Record<string, Record<string, number>>;

export function floats(view: DataView, n: number): Float32Array {
  if (view.byteLength !== 4 * n)
    throw new Error(`${view.byteLength} bytes of values; ${4 * n} were expected`);
  return new Float32Array(copied(view));
}

// Buffers come in this order: embeddings, raw, final, columns, baseline, and the quantities where
// they come at once.
export function readData(spec: Spec, buffers: DataView[]): Data {
  const n = spec.n_drawn;
  let at = 0;
  const next = (bytes: number): ArrayBuffer => {
    const view = buffers[at++];
    if (!view || view.byteLength !== bytes) {
      throw new Error(
        `buffer ${at - 1} has ${view ? view.byteLength : 0} bytes; ${bytes} were expected`,
      );
    }
    return copied(view);
  };
  const many = <T>(count: number, bytes: number, make: (b: ArrayBuffer) => T): T[] =>
    Array.from({ length: count }, () => make(next(bytes)));
  return {
    points: many(spec.embeddings.length, 8 * n, (b) => new Float32Array(b)),
    raw: many(spec.axes.length, n, (b) => new Uint8Array(b)),
    final: many(spec.axes.length, n, (b) => new Uint8Array(b)),
    columns: many(spec.columns.length, 2 * n, (b) => new Uint16Array(b)),
    baseline: new Int32Array(next(4 * n)),
    quantities: buffers.slice(at).map((view) => floats(view, n)),
  };
}
