// The state of one view: thresholds, calls, colour, what is hidden and selected. Parts read it and
// ask it to change.
import { hex, ramp, stepped, type Layer, type Rgb } from "./raster.ts";
import { recall, touched, type Calls } from "./rule.ts";
import type { Axis, Data, Spec, Thresholds } from "./spec.ts";
import { tally } from "./stats.ts";

export type Change = "calls" | "counts" | "color" | "hidden" | "selected" | "axis" | "row";

export interface Coloring {
  kind: "axis" | "column" | "quantity" | "gene";
  title: string;
  names: string[];
  words: string[];
  texts: string[];
  colors: string[];
  codes: Uint8Array | Uint16Array;
  counts: number[];
  low: number;
  high: number;
}

export interface Totals {
  key: string; // the thresholds at which these counts hold
  counts: Record<string, number[]>;
  axis: string;
  groups: Uint32Array | null;
}

export const keyOf = (thresholds: Thresholds): string =>
  JSON.stringify(
    Object.entries(thresholds)
      .sort()
      .map(([axis, values]) => [axis, Object.entries(values).sort()]),
  );

export class Store {
  thresholds: Thresholds = {};
  calls: Calls;
  axis = 0;
  color: string;
  hidden = new Set<string>();
  selected: Uint8Array | null = null;
  row = -1;
  // what the selection was drawn with
  lasso: { embedding: string; corners: [number, number][] } | null = null;
  // where only a part is here: counts of all observations, from Python
  totals: Totals | null = null;
  gene: { name: string; values: Float32Array } | null = null;
  private readonly first: string;
  private listeners: ((changed: Set<Change>) => void)[] = [];

  constructor(
    readonly spec: Spec,
    readonly data: Data,
  ) {
    for (const axis of spec.axes)
      this.thresholds[axis.id] = Object.fromEntries(
        axis.thresholds.map((t) => [t.name, Math.fround(t.value)]),
      );
    this.calls = { raw: data.raw, final: data.final };
    this.color = `axis:${spec.axes[0].id}`;
    this.first = keyOf(this.thresholds);
  }

  // Whether the quantities of the rules are here; the picture comes before them.
  get ready(): boolean {
    return this.data.quantities.length >= this.spec.n_ruled;
  }

  get moved(): boolean {
    return keyOf(this.thresholds) !== this.first;
  }

  fill(quantities: Float32Array[]): void {
    this.data.quantities.push(...quantities);
    if (this.moved) this.calls = recall(this.spec, this.data, this.thresholds, null, null);
    this.tell("axis", "calls");
  }

  get current(): Axis {
    return this.spec.axes[this.axis];
  }

  // Names of samples and patients: only where they were sent.
  nameOf(row: number): string {
    const patient = this.spec.patient >= 0 ? this.columnWord(this.spec.patient, row) : "";
    const time = this.spec.timepoint >= 0 ? this.columnWord(this.spec.timepoint, row) : "";
    return [patient, time].filter((word) => word).join(", ") || `observation ${row + 1}`;
  }

  // A call as it is printed: of the cohort, or of one observation.
  wordOf(axis: Axis, call: number, row = -1): string {
    const kinds = this.spec.columns.findIndex((one) => one.name === "timepoint_kind");
    const kind = row >= 0 && kinds >= 0 ? this.columnWord(kinds, row) : "";
    const known = Object.keys(axis.by_kind).includes(kind);
    return (known ? axis.by_kind[kind] : axis.words)[call];
  }

  columnWord(column: number, row: number): string {
    return this.spec.columns[column].names[this.data.columns[column][row]];
  }

  listen(listener: (changed: Set<Change>) => void): void {
    this.listeners.push(listener);
  }

  tell(...changed: Change[]): void {
    const set = new Set(changed);
    for (const listener of this.listeners) listener(set);
  }

  move(axis: string, name: string, value: number): void {
    const number = this.spec.axes.findIndex((one) => one.id === axis);
    const exact = Math.fround(value);
    if (
      number < 0 ||
      !Number.isFinite(exact) ||
      !(name in this.thresholds[axis]) ||
      this.thresholds[axis][name] === exact
    )
      return;
    this.thresholds[axis][name] = exact;
    if (this.ready)
      this.calls = recall(
        this.spec,
        this.data,
        this.thresholds,
        this.calls,
        touched(this.spec, number),
      );
    this.tell("calls");
  }

  // All thresholds at once, from Python.
  take(thresholds: Thresholds): void {
    for (const [axis, values] of Object.entries(thresholds))
      for (const [name, value] of Object.entries(values)) this.move(axis, name, value);
  }

  get part(): boolean {
    return this.spec.n_drawn < this.spec.n_obs;
  }

  // Whether the counts of all observations are being made for thresholds that have moved since.
  get pending(): boolean {
    return this.ready ? this.part && this.totals?.key !== keyOf(this.thresholds) : this.moved;
  }

  // Counts of all observations at the thresholds of now; NaN until they are known.
  counts(axis: number): number[] {
    const one = this.spec.axes[axis];
    const known = this.part
      ? (this.totals?.counts[one.id] ?? one.names.map(() => NaN))
      : tally(this.calls.final[axis], one.names.length);
    return this.pending ? known.map((n) => (n === 0 ? 0 : NaN)) : known;
  }

  coloring(): Coloring {
    const [kind, name] = [
      this.color.slice(0, this.color.indexOf(":")),
      this.color.slice(this.color.indexOf(":") + 1),
    ];
    const plain = { low: 0, high: 0 };
    if (kind === "axis") {
      const number = this.spec.axes.findIndex((axis) => axis.id === name),
        axis = this.spec.axes[number];
      return {
        ...plain,
        kind,
        title: axis.title,
        names: axis.names,
        words: axis.words,
        texts: axis.texts,
        colors: axis.colors,
        codes: this.calls.final[number],
        counts: this.counts(number),
      };
    }
    if (kind === "column") {
      const number = this.spec.columns.findIndex((column) => column.name === name),
        column = this.spec.columns[number];
      const codes = this.data.columns[number];
      return {
        ...plain,
        kind,
        title: column.name,
        names: column.names,
        words: column.names,
        texts: column.names.map(() => ""),
        colors: column.colors,
        codes,
        counts: column.counts,
      };
    }
    const found = this.spec.quantities.findIndex((quantity) => quantity.name === name);
    const values =
      kind === "gene" && this.gene
        ? this.gene.values
        : (this.data.quantities[Math.max(0, found)] ??
          new Float32Array(this.spec.n_drawn).fill(NaN));
    const sorted = Float32Array.from(values)
      .filter((v) => v === v)
      .sort();
    const low = sorted.length ? sorted[Math.floor(sorted.length * 0.02)] : 0,
      high = sorted.length ? sorted[Math.floor((sorted.length - 1) * 0.98)] : 1;
    const quantity = this.spec.quantities[Math.max(0, found)];
    const title = kind === "gene" ? name : `${quantity.title} (${quantity.unit})`;
    return {
      kind: kind === "gene" ? "gene" : "quantity",
      title,
      names: [],
      words: [],
      texts: [],
      colors: [],
      codes: stepped(values, low, high),
      counts: [],
      low,
      high,
    };
  }

  layer(points: Float32Array): Layer {
    const coloring = this.coloring();
    const colors: Rgb[] = coloring.names.length
      ? coloring.colors.map(hex)
      : [...ramp(), hex("#DDDDDD")];
    const shown = coloring.names.length
      ? coloring.names.map((name) => !this.hidden.has(name))
      : colors.map(() => true);
    return { points, codes: coloring.codes, colors, shown, selected: this.selected };
  }

  select(mask: Uint8Array | null, lasso: Store["lasso"] = null): void {
    this.lasso = lasso;
    this.selected = mask && mask.some((one) => one) ? mask : null;
    this.tell("selected");
  }

  get nSelected(): number {
    return this.selected ? this.selected.reduce((a, b) => a + b, 0) : 0;
  }
}
