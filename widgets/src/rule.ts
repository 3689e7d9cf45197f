// The rules of a scheme, in float32, on whole columns: the same as resistype.scheme.rules.decide in
// Python. The first rule whose conditions all hold decides; a comparison with a value that is
// missing does not hold.
import type { Axis, Condition, Data, Spec, Thresholds } from "./spec.ts";

export const UNDECIDED = 255;

export function limitOf(
  condition: Condition & { kind: "compare" },
  thresholds: Record<string, number>,
): number {
  return Math.fround(condition.sign * thresholds[condition.threshold]);
}

// Narrows `mask` to where the condition holds. One plain loop a kind: this runs on a million rows
// while a slider moves.
function narrow(
  mask: Uint8Array,
  condition: Condition,
  columns: Float32Array[],
  thresholds: Record<string, number>,
  calls: Uint8Array[],
): void {
  const n = mask.length;
  if (condition.kind === "call") {
    const codes = calls[condition.axis],
      wanted = condition.code;
    if (condition.negated) for (let i = 0; i < n; i++) mask[i] &= +(codes[i] !== wanted);
    else for (let i = 0; i < n; i++) mask[i] &= +(codes[i] === wanted);
    return;
  }
  const values = columns[condition.quantity];
  if (condition.kind === "has") for (let i = 0; i < n; i++) mask[i] &= +(values[i] === values[i]);
  else if (condition.kind === "lacks")
    for (let i = 0; i < n; i++) mask[i] &= +(values[i] !== values[i]);
  else {
    const limit = limitOf(condition, thresholds);
    if (condition.op === ">=") for (let i = 0; i < n; i++) mask[i] &= +(values[i] >= limit);
    else if (condition.op === "<=") for (let i = 0; i < n; i++) mask[i] &= +(values[i] <= limit);
    else if (condition.op === ">") for (let i = 0; i < n; i++) mask[i] &= +(values[i] > limit);
    else for (let i = 0; i < n; i++) mask[i] &= +(values[i] < limit);
  }
}

const BLOCK = 16384; // rows at a time, so that mask and columns stay in the cache

// Which rule decides for each row (UNDECIDED where none does).
export function decide(
  axis: Axis,
  columns: Float32Array[],
  thresholds: Record<string, number>,
  calls: Uint8Array[],
  n: number,
): Uint8Array {
  const which = new Uint8Array(n).fill(UNDECIDED);
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(n, start + BLOCK),
      part = which.subarray(start, end),
      mask = new Uint8Array(end - start);
    const cut = columns.map((values) => values.subarray(start, end)),
      said = calls.map((codes) => codes.subarray(start, end));
    for (let number = 0; number < axis.rules.length; number++) {
      for (let i = 0; i < part.length; i++) mask[i] = +(part[i] === UNDECIDED);
      for (const condition of axis.rules[number].when)
        narrow(mask, condition, cut, thresholds, said);
      for (let i = 0; i < part.length; i++) if (mask[i]) part[i] = number;
    }
  }
  return which;
}

export function codesOf(axis: Axis, which: Uint8Array): Uint8Array {
  const table = new Uint8Array(256).fill(axis.otherwise),
    codes = new Uint8Array(which.length);
  axis.rules.forEach((rule, number) => {
    table[number] = rule.code;
  });
  for (let i = 0; i < which.length; i++) codes[i] = table[which[i]];
  return codes;
}

// The axes whose calls can change when a threshold of this one moves, in order.
export function touched(spec: Spec, axis: number): number[] {
  const found = new Set([axis]);
  spec.axes.forEach((one, number) => {
    if (one.rules.some((rule) => rule.when.some((c) => c.kind === "call" && found.has(c.axis))))
      found.add(number);
  });
  return [...found].sort((a, b) => a - b);
}

export interface Calls {
  raw: Uint8Array[];
  final: Uint8Array[];
}

// Calls at the thresholds of now. Where the rules say what they said at the start, what Python made
// of it then stays.
export function recall(
  spec: Spec,
  data: Data,
  thresholds: Thresholds,
  before: Calls | null,
  axes: number[] | null,
): Calls {
  const raw = before ? [...before.raw] : [...data.raw];
  const final = before ? [...before.final] : [...data.final];
  for (const number of axes ?? spec.axes.map((_, i) => i)) {
    const axis = spec.axes[number];
    const now = codesOf(
      axis,
      decide(axis, data.quantities, thresholds[axis.id], raw, spec.n_drawn),
    );
    const start = data.raw[number],
      first = data.final[number];
    const shown = new Uint8Array(now.length);
    for (let i = 0; i < now.length; i++) shown[i] = now[i] === start[i] ? first[i] : now[i];
    raw[number] = now;
    final[number] = shown;
  }
  return { raw, final };
}

export interface Evidence {
  quantity: number;
  value: number;
  op: string;
  limit: number;
  distance: number;
  passes: boolean;
  decided: boolean;
  threshold: string;
}

function gate(condition: Condition, data: Data, raw: Uint8Array[], row: number): boolean {
  if (condition.kind === "call")
    return (raw[condition.axis][row] === condition.code) !== condition.negated;
  const missing = Number.isNaN(data.quantities[condition.quantity][row]);
  return condition.kind === "lacks" ? missing : condition.kind === "has" ? !missing : true;
}

// Comparisons that could have decided for one row: how far the value was from each, and which of
// them decided.
export function explain(
  spec: Spec,
  data: Data,
  thresholds: Thresholds,
  calls: Calls,
  axis: number,
  row: number,
): Evidence[] {
  const one = spec.axes[axis];
  const single = data.quantities.map((values) => values.subarray(row, row + 1));
  const which = decide(
    one,
    single,
    thresholds[one.id],
    calls.raw.map((codes) => codes.subarray(row, row + 1)),
    1,
  )[0];
  type Compare = Condition & { kind: "compare" };
  const text = (c: Condition): string =>
    c.kind === "compare" ? `${c.quantity} ${c.op} ${c.sign} ${c.threshold}` : "";
  const deciding = new Set(which === UNDECIDED ? [] : one.rules[which].when.map(text));
  // One line a threshold; where two rules compare with the same, the one that decided.
  const chosen = new Map<string, Compare>();
  for (const rule of one.rules) {
    if (!rule.when.every((c) => gate(c, data, calls.raw, row))) continue;
    for (const c of rule.when) {
      if (c.kind !== "compare" || Number.isNaN(data.quantities[c.quantity][row])) continue;
      const key = `${c.quantity} ${c.threshold} ${c.sign}`;
      if (!chosen.has(key) || deciding.has(text(c))) chosen.set(key, c);
    }
  }
  return [...chosen.values()].map((c) => {
    const value = data.quantities[c.quantity][row],
      limit = limitOf(c, thresholds[one.id]);
    const passes =
      c.op === ">="
        ? value >= limit
        : c.op === "<="
          ? value <= limit
          : c.op === ">"
            ? value > limit
            : value < limit;
    return {
      quantity: c.quantity,
      value,
      op: c.op,
      limit,
      distance: value - limit,
      passes,
      decided: deciding.has(text(c)),
      threshold: c.threshold,
    };
  });
}
