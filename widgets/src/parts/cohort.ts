// Patients: calls per time point with n and interval, and the way of each patient from the baseline
// on.
import { el, empty, number, short, svg, table, words } from "../dom.ts";
import { barsOf, composition, ways, wilson, type Bar } from "../stats.ts";
import type { Store } from "../store.ts";

const ROW = 17,
  LEFT = 150,
  BAR = 250,
  MANY = 400;

function bars(store: Store): Bar[] {
  const { spec, data, axis } = store;
  if (spec.patient < 0) return [];
  const counted = store.totals?.groups;
  const times = spec.timepoint >= 0 ? data.columns[spec.timepoint] : new Uint16Array(spec.n_drawn);
  const names = spec.columns[spec.patient].names;
  const sizes = {
    patients: names.length,
    times: spec.timepoint >= 0 ? spec.columns[spec.timepoint].names.length : 1,
    calls: spec.axes[axis].names.length,
  };
  if (store.part && counted?.length) return barsOf(counted, sizes, (p) => names[p] === "");
  return composition(
    data.columns[spec.patient],
    times,
    store.calls.final[axis],
    sizes,
    (p) => names[p] === "",
  );
}

// Patient and time point, each whole or short of so many letters.
const label = (store: Store, bar: Bar, most = 400): string => {
  const time =
    store.spec.timepoint >= 0 ? store.spec.columns[store.spec.timepoint].names[bar.time] : "";
  const patient = store.spec.columns[store.spec.patient].names[bar.patient];
  return `${short(patient, most)} ${short(time, Math.ceil(most / 2))}`.trim();
};

function compositionPicture(store: Store, found: Bar[]): Node {
  const axis = store.current,
    height = found.length * ROW + 4;
  const picture = svg("svg", {
    attr: {
      viewBox: `0 0 ${LEFT + BAR + 70} ${height}`,
      width: "100%",
      role: "img",
      "aria-label": `Calls of ${found.length} samples; the table below has the numbers.`,
    },
  });
  found.forEach((bar, i) => {
    const y = i * ROW + 2;
    let x = LEFT;
    const name = label(store, bar);
    picture.append(
      svg(
        "text",
        { attr: { x: LEFT - 6, y: y + 11, "text-anchor": "end" }, title: name },
        label(store, bar, 12),
      ),
    );
    bar.counts.forEach((k, call) => {
      if (!k) return;
      const w = (k / bar.n) * BAR;
      picture.append(
        svg("rect", {
          attr: { x, y, width: w, height: ROW - 4, fill: axis.colors[call] },
          title: `${name}: ${words(axis.names[call])} ${k} of ${bar.n}`,
        }),
      );
      x += w;
    });
    const top = bar.counts.findIndex((k) => k > 0);
    const [low, high] = wilson(bar.counts[top], bar.n);
    const [a, b, m] = [LEFT + low * BAR, LEFT + high * BAR, y + (ROW - 4) / 2];
    if (bar.n > 1)
      picture.append(
        svg("path", {
          attr: {
            d: `M${a} ${m}H${b}M${a} ${m - 3}V${m + 3}M${b} ${m - 3}V${m + 3}`,
            stroke: "#000",
            "stroke-width": 1.2,
            fill: "none",
          },
          title: `interval of ${words(axis.names[top])}: ${number(low)} to ${number(high)}`,
        }),
      );
    picture.append(
      svg("text", { class: "rt-soft", attr: { x: LEFT + BAR + 6, y: y + 11 } }, `n = ${bar.n}`),
    );
  });
  return picture;
}

interface Strand {
  before: number;
  after: number;
  rows: number[];
}

// One strand a sample; where there are too many to see, one for each pair of calls.
function strands(store: Store): Strand[] {
  const all = ways(store.data.baseline, store.calls.final[store.axis]);
  if (all.length <= MANY)
    return all.map((way) => ({ before: way.before, after: way.after, rows: [way.row] }));
  const found = new Map<number, Strand>();
  for (const way of all) {
    const key = way.before * 256 + way.after,
      strand = found.get(key) ?? { before: way.before, after: way.after, rows: [] };
    strand.rows.push(way.row);
    found.set(key, strand);
  }
  return [...found.values()];
}

interface Side {
  y: number[];
  groups: { call: number; top: number; bottom: number; n: number }[];
  end: number;
}

function stack(
  all: Strand[],
  unit: number,
  first: "before" | "after",
  second: "before" | "after",
): Side {
  const order = all
    .map((_, i) => i)
    .sort((a, b) => all[a][first] - all[b][first] || all[a][second] - all[b][second] || a - b);
  const side: Side = { y: new Array<number>(all.length), groups: [], end: 4 };
  for (const i of order) {
    const thick = all[i].rows.length * unit;
    let group = side.groups[side.groups.length - 1];
    if (!group || group.call !== all[i][first]) {
      if (group) side.end += Math.max(4, 16 - (group.bottom - group.top));
      group = { call: all[i][first], top: side.end, bottom: side.end, n: 0 };
      side.groups.push(group);
    }
    side.y[i] = side.end + thick / 2;
    side.end += thick;
    group.bottom = side.end;
    group.n += all[i].rows.length;
  }
  return side;
}

function flowPicture(store: Store): Node | null {
  const axis = store.current,
    all = strands(store);
  if (!all.length) return null;
  const n = all.reduce((sum, one) => sum + one.rows.length, 0),
    unit = n <= MANY ? Math.max(2, Math.min(8, 340 / n)) : 340 / n;
  const left = stack(all, unit, "before", "after"),
    right = stack(all, unit, "after", "before");
  const height = Math.max(left.end, right.end) + 10,
    [x0, x1] = [165, 365];
  const picture = svg("svg", {
    attr: {
      viewBox: `0 0 530 ${height}`,
      width: "100%",
      role: "img",
      "aria-label":
        `The way of ${n} samples from the baseline on; ` + "the table below has the numbers.",
      "data-testid": "rt-flow",
    },
  });
  // Bundle by bundle, so that where two cross one lies whole above the other.
  const order = all
    .map((_, i) => i)
    .sort((a, b) => all[a].after - all[b].after || all[a].before - all[b].before || a - b);
  for (const i of order) {
    const one = all[i];
    const mid = (x0 + x1) / 2,
      thick = one.rows.length * unit,
      who = one.rows.length === 1 ? store.nameOf(one.rows[0]) : `${one.rows.length} samples`;
    const pale = store.selected && !one.rows.some((row) => store.selected?.[row]);
    const path = svg("path", {
      class: "rt-pair",
      title: `${who}: ${words(axis.names[one.before])} → ${words(axis.names[one.after])}`,
      attr: {
        d: `M${x0} ${left.y[i]}C${mid} ${left.y[i]} ${mid} ${right.y[i]} ${x1} ${right.y[i]}`,
        stroke: axis.colors[one.after],
        "stroke-width": Math.max(1, thick - (n <= MANY ? 1 : 0)),
        fill: "none",
        "stroke-opacity": pale ? 0.2 : 0.85,
      },
    });
    path.addEventListener("click", () => {
      store.row = one.rows[0];
      store.tell("row");
    });
    picture.append(path);
  }
  for (const [side, at, x, anchor] of [
    [left, x0 - 5, x0 - 10, "end"],
    [right, x1, x1 + 10, "start"],
  ] as const) {
    for (const { call, top, bottom, n: size } of side.groups) {
      picture.append(
        svg("rect", {
          attr: { x: at, y: top, width: 5, height: bottom - top, fill: axis.colors[call] },
        }),
      );
      picture.append(
        svg(
          "text",
          {
            attr: { x, y: (top + bottom) / 2 + 4, "text-anchor": anchor },
            title: axis.texts[call] || words(axis.names[call]),
          },
          `${short(words(axis.names[call]), 24)} ${size}`,
        ),
      );
    }
  }
  return picture;
}

export function cohort(store: Store): { node: HTMLElement; draw(): void } {
  const flow = el("section", {}),
    parts = el("section", {}),
    node = el("div", {}, flow, parts);
  const open = { flow: false, parts: false };
  const details = (key: "flow" | "parts", content: HTMLElement): HTMLElement => {
    const box = el(
      "details",
      { attr: open[key] ? { open: "" } : {} },
      el("summary", { text: "view as table" }),
      el(
        "div",
        {
          class: "rt-scroll",
          attr: { tabindex: 0, role: "region", "aria-label": `table of ${key}` },
        },
        content,
      ),
    );
    box.addEventListener("toggle", () => {
      open[key] = box.open;
    });
    return box;
  };
  const drawFlow = (): void => {
    empty(flow);
    const picture = flowPicture(store),
      axis = store.current;
    flow.append(el("h3", { text: `From baseline on${store.part ? " (of those drawn)" : ""}` }));
    if (!picture) {
      flow.append(el("p", { class: "rt-soft", text: "No sample has a baseline of its own." }));
      return;
    }
    const found = new Map<number, number[]>();
    for (const { before, after, row } of ways(store.data.baseline, store.calls.final[store.axis])) {
      const key = before * 256 + after,
        who = found.get(key);
      if (who) who.push(row);
      else found.set(key, [row]);
    }
    const rows = [...found]
      .sort(([a], [b]) => a - b)
      .map(([key, who]) => ({
        cells: [
          words(axis.names[key >> 8]),
          words(axis.names[key & 255]),
          who.length,
          who
            .slice(0, 60)
            .map((row) => store.nameOf(row))
            .join("; "),
        ],
      }));
    flow.append(
      picture,
      details(
        "flow",
        table("Samples by call at baseline and now", ["at baseline", "now", "n", "samples"], rows),
      ),
    );
  };
  const drawParts = (): void => {
    // Where Python counts, the old picture stays pale until the new numbers are here.
    const busy = store.pending || (store.part && store.totals?.axis !== store.current.id);
    parts.setAttribute("aria-busy", String(busy));
    if (busy) return;
    empty(parts);
    const found = bars(store),
      axis = store.current;
    if (!found.length) return;
    parts.append(
      el("h3", {
        text:
          "Calls per patient and time point" +
          (store.part && !store.totals?.groups?.length ? " (of those drawn)" : ""),
      }),
    );
    const rows = found.flatMap((bar) =>
      bar.counts
        .map((k, call) => ({ k, call }))
        .filter((one) => one.k)
        .map(({ k, call }) => {
          const [low, high] = wilson(k, bar.n);
          return {
            cells: [
              label(store, bar),
              words(axis.names[call]),
              k,
              bar.n,
              `${number(k / bar.n)} (${number(low)} to ${number(high)})`,
            ],
          };
        }),
    );
    parts.append(
      el(
        "div",
        {
          class: "rt-scroll",
          attr: { tabindex: 0, role: "region", "aria-label": "calls per patient and time point" },
        },
        compositionPicture(store, found),
      ),
      details(
        "parts",
        table(
          "Calls per patient and time point, with Wilson's interval of 95 %",
          ["sample", "call", "n", "of", "proportion"],
          rows.slice(0, 2000),
        ),
      ),
    );
  };
  return {
    node,
    draw: () => {
      drawFlow();
      drawParts();
    },
  };
}
