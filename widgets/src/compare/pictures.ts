// Counts as a table of buttons, and the flow between the two sides as Python laid it out.
import { el, grouped, short, svg, words } from "../dom.ts";
import type { ComparedAxis } from "./spec.ts";

export function matrix(
  axis: ComparedAxis,
  caption: string,
  chosen: string,
  choose: (cell: string) => void,
): HTMLElement {
  const labels = axis.labels.map(words);
  const cell = (n: number, i: number, j: number): HTMLElement => {
    const key = `${i}-${j}`,
      td = el("td", { class: "rt-n" });
    if (n) {
      const button = el("button", {
        text: grouped(n),
        attr: {
          type: "button",
          "data-key": key,
          "aria-pressed": String(chosen === key),
          "aria-label": `${n}: ${labels[i]} | ${labels[j]}`,
        },
        on: { click: () => choose(key) },
      });
      const share = (42 * n) / axis.counts[i].reduce((a, b) => a + b);
      button.style.background = `color-mix(in srgb, var(--rt-mark) ${share}%, var(--rt-paper))`;
      td.append(button);
    }
    return td;
  };
  const head = (text: string, scope: string): HTMLElement =>
    el("th", { text: short(text, 30), title: text, attr: { scope } });
  return el(
    "table",
    { attr: { "data-testid": "rt-matrix" } },
    el("caption", { text: caption }),
    el("tr", {}, el("td"), ...labels.map((name) => head(name, "col"))),
    ...labels.map((name, i) =>
      el("tr", {}, head(name, "row"), ...axis.counts[i].map((n, j) => cell(n, i, j))),
    ),
  );
}

export function flow(axis: ComparedAxis): Node {
  return svg(
    "svg",
    {
      attr: {
        viewBox: "0 0 600 280",
        width: "100%",
        role: "img",
        "data-testid": "rt-flow",
        "aria-label": "Flow between the two sides; the counts say the same.",
      },
    },
    ...axis.bands.map(([d, stroke, width, opacity, title]) =>
      svg("path", {
        title,
        attr: { d, stroke, fill: "none", "stroke-width": width, "stroke-opacity": opacity },
      }),
    ),
    ...axis.bars.map(([x, y, height, fill]) =>
      svg("rect", { attr: { x, y, height, fill, width: 6 } }),
    ),
    ...axis.texts.map(([x, y, anchor, text]) =>
      svg("text", { title: text, attr: { x, y, "text-anchor": anchor } }, short(text, 30)),
    ),
  );
}
