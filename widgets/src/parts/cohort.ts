// Patients: calls per time point with n and interval, and the way of each patient from the baseline on.
import { el, empty, number, short, svg, table, words } from "../dom.ts";
import { composition, ways, wilson, type Bar } from "../stats.ts";
import type { Store } from "../store.ts";

const ROW = 17, LEFT = 150, BAR = 250, MANY = 400;

function bars(store: Store): Bar[] {
  const { spec, data, axis } = store;
  if (spec.patient < 0) return [];
  const times = spec.timepoint >= 0 ? data.columns[spec.timepoint] : new Uint16Array(spec.n_drawn);
  const names = spec.columns[spec.patient].names;
  const sizes = { patients: names.length, times: spec.timepoint >= 0 ? spec.columns[spec.timepoint].names.length : 1, calls: spec.axes[axis].names.length };
  return composition(data.columns[spec.patient], times, store.calls.final[axis], sizes, (p) => names[p] === "");
}

const label = (store: Store, bar: Bar): string => {
  const time = store.spec.timepoint >= 0 ? store.spec.columns[store.spec.timepoint].names[bar.time] : "";
  return `${store.spec.columns[store.spec.patient].names[bar.patient]} ${time}`.trim();
};

function compositionPicture(store: Store, found: Bar[]): Node {
  const axis = store.current, height = found.length * ROW + 4;
  const picture = svg("svg", { attr: { viewBox: `0 0 ${LEFT + BAR + 70} ${height}`, width: "100%", role: "img", "aria-label": `Calls of ${found.length} samples; the table below has the numbers.` } });
  found.forEach((bar, i) => {
    const y = i * ROW + 2;
    let x = LEFT;
    const name = label(store, bar);
    picture.append(svg("text", { attr: { x: LEFT - 6, y: y + 11, "text-anchor": "end" }, title: name }, short(name, 22)));
    bar.counts.forEach((k, call) => {
      if (!k) return;
      const w = (k / bar.n) * BAR;
      picture.append(svg("rect", { attr: { x, y, width: w, height: ROW - 4, fill: axis.colors[call] }, title: `${name}: ${words(axis.names[call])} ${k} of ${bar.n}` }));
      x += w;
    });
    const top = bar.counts.findIndex((k) => k > 0);
    const [low, high] = wilson(bar.counts[top], bar.n);
    const [a, b, m] = [LEFT + low * BAR, LEFT + high * BAR, y + (ROW - 4) / 2];
    if (bar.n > 1) picture.append(svg("path", { attr: { d: `M${a} ${m}H${b}M${a} ${m - 3}V${m + 3}M${b} ${m - 3}V${m + 3}`, stroke: "#000", "stroke-width": 1.2, fill: "none" }, title: `interval of ${words(axis.names[top])}: ${number(low)} to ${number(high)}` }));
    picture.append(svg("text", { class: "rt-soft", attr: { x: LEFT + BAR + 6, y: y + 11 } }, `n = ${bar.n}`));
  });
  return picture;
}

function flowPicture(store: Store): Node | null {
  const axis = store.current, codes = store.calls.final[store.axis];
  const all = ways(store.data.baseline, codes);
  if (!all.length) return null;
  const count = Math.min(all.length, MANY), thick = Math.max(2, Math.min(9, 380 / count)), gap = 14;
  const order = (pick: (w: { before: number; after: number }) => number, then: (w: { before: number; after: number }) => number): number[] =>
    all.map((_, i) => i).sort((a, b) => pick(all[a]) - pick(all[b]) || then(all[a]) - then(all[b]) || a - b);
  const place = (sorted: number[], pick: (w: { before: number; after: number }) => number): { y: number[]; groups: [number, number, number, number][]; end: number } => {
    const y = new Array<number>(all.length), groups: [number, number, number, number][] = [];
    let at = 4, last = -1;
    for (const i of sorted) {
      if (pick(all[i]) !== last) { if (last >= 0) at += gap; last = pick(all[i]); groups.push([last, at, at, 0]); }
      y[i] = at + thick / 2;
      at += thick;
      const group = groups[groups.length - 1];
      group[2] = at;
      group[3]++;
    }
    return { y, groups, end: at };
  };
  const left = place(order((w) => w.before, (w) => w.after), (w) => w.before), right = place(order((w) => w.after, (w) => w.before), (w) => w.after);
  const height = Math.max(left.end, right.end) + 8, [x0, x1] = [170, 310];
  const picture = svg("svg", { attr: { viewBox: `0 0 480 ${height}`, width: "100%", role: "img", "aria-label": `The way of ${all.length} samples from the baseline on; the table below has the numbers.`, "data-testid": "rt-flow" } });
  for (let i = 0; i < all.length; i++) {
    const way = all[i], mid = (x0 + x1) / 2, name = store.nameOf(way.row);
    const path = svg("path", {
      class: "rt-pair", title: `${name}: ${words(axis.names[way.before])} → ${words(axis.names[way.after])}`,
      attr: { d: `M${x0} ${left.y[i]}C${mid} ${left.y[i]} ${mid} ${right.y[i]} ${x1} ${right.y[i]}`, stroke: axis.colors[way.after], "stroke-width": Math.max(1.2, thick - 1), fill: "none", "stroke-opacity": store.selected && !store.selected[way.row] ? 0.2 : 0.85 },
    });
    path.addEventListener("click", () => { store.row = way.row; store.tell("row"); });
    picture.append(path);
  }
  for (const [side, x, anchor] of [[left, x0 - 8, "end"], [right, x1 + 8, "start"]] as const) {
    for (const [call, top, bottom, n] of side.groups) {
      picture.append(svg("rect", { attr: { x: side === left ? x0 - 5 : x1, y: top, width: 5, height: bottom - top, fill: axis.colors[call] } }));
      picture.append(svg("text", { attr: { x, y: (top + bottom) / 2 + 4, "text-anchor": anchor }, title: axis.texts[call] || words(axis.names[call]) }, `${short(words(axis.names[call]), 22)} ${n}`));
    }
  }
  return picture;
}

export function cohort(store: Store): { node: HTMLElement; draw(): void } {
  const flow = el("section", {}), parts = el("section", {}), node = el("div", {}, flow, parts);
  const open = { flow: false, parts: false };
  const details = (key: "flow" | "parts", content: HTMLElement): HTMLElement => {
    const box = el("details", { attr: open[key] ? { open: "" } : {} }, el("summary", { text: "view as table" }), el("div", { class: "rt-scroll", attr: { tabindex: 0, role: "region", "aria-label": `table of ${key}` } }, content));
    box.addEventListener("toggle", () => { open[key] = box.open; });
    return box;
  };
  const drawFlow = (): void => {
    empty(flow);
    const picture = flowPicture(store), axis = store.current;
    flow.append(el("h3", { text: "From baseline on, one line a sample" }));
    if (!picture) { flow.append(el("p", { class: "rt-soft", text: "No sample has a baseline of its own." })); return; }
    const found = new Map<string, string[]>();
    for (const way of ways(store.data.baseline, store.calls.final[store.axis])) {
      const key = `${way.before} ${way.after}`;
      found.set(key, [...(found.get(key) ?? []), store.nameOf(way.row)]);
    }
    const rows = [...found].sort().map(([key, who]) => {
      const [before, after] = key.split(" ").map(Number);
      return { cells: [words(axis.names[before]), words(axis.names[after]), who.length, who.slice(0, 60).join("; ")] };
    });
    flow.append(picture, details("flow", table("Samples by call at baseline and now", ["at baseline", "now", "n", "samples"], rows)));
  };
  const drawParts = (): void => {
    empty(parts);
    const found = bars(store), axis = store.current;
    if (!found.length) return;
    parts.append(el("h3", { text: "Calls per patient and time point" }));
    const rows = found.flatMap((bar) => bar.counts.map((k, call) => ({ k, call })).filter((one) => one.k).map(({ k, call }) => {
      const [low, high] = wilson(k, bar.n);
      return { cells: [label(store, bar), words(axis.names[call]), k, bar.n, `${number(k / bar.n)} (${number(low)} to ${number(high)})`] };
    }));
    parts.append(el("div", { class: "rt-scroll", attr: { tabindex: 0, role: "region", "aria-label": "calls per patient and time point" } }, compositionPicture(store, found)),
      details("parts", table("Calls per patient and time point, with Wilson's interval of 95 %", ["sample", "call", "n", "of", "share"], rows.slice(0, 2000))));
  };
  return { node, draw: () => { drawFlow(); drawParts(); } };
}
