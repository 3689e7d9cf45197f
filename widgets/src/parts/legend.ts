// The legend: counts of all observations, hide and show, select a class; or the ramp of a quantity.
import { el, empty, grouped, number, short, words } from "../dom.ts";
import { ramp } from "../raster.ts";
import type { Store } from "../store.ts";

export function legend(store: Store): { node: HTMLElement; draw(): void } {
  const node = el("div", { attr: { "data-testid": "rt-legend" } });
  const draw = (): void => {
    const focused = (node.getRootNode() as Document | ShadowRoot).activeElement?.getAttribute(
      "data-key",
    );
    const coloring = store.coloring();
    empty(node);
    if (!coloring.names.length) {
      const colors = ramp(11)
        .map((c) => `rgb(${c.join()})`)
        .join(",");
      const bar = el("span", { attr: { "aria-hidden": "true" } });
      bar.style.cssText =
        "display:inline-block;width:160px;height:12px;" +
        `background:linear-gradient(90deg,${colors})`;
      node.append(
        el(
          "p",
          {},
          `${short(coloring.title, 80)} `,
          number(coloring.low),
          " ",
          bar,
          " ",
          number(coloring.high),
        ),
      );
      return;
    }
    const list = el("ul", { class: "rt-legend" });
    coloring.names.forEach((name, i) => {
      if (coloring.counts[i] === 0) return;
      const chip = el("span", { class: "rt-chip", attr: { "aria-hidden": "true" } });
      chip.style.background = coloring.colors[i];
      const word = words(coloring.words[i]) || "no data";
      const toggle = el(
        "button",
        {
          title: coloring.texts[i] || word,
          attr: {
            type: "button",
            "aria-pressed": String(!store.hidden.has(name)),
            "data-key": `h${i}`,
            "data-call": i,
          },
          on: {
            click: () => {
              if (!store.hidden.delete(name)) store.hidden.add(name);
              store.tell("hidden");
            },
          },
        },
        chip,
        el("span", { class: "rt-cut", text: short(word) }),
        ` ${grouped(coloring.counts[i])}`,
      );
      const pick = el("button", {
        text: "select",
        title: `select ${word}`,
        attr: { type: "button", "aria-label": `select ${short(word)}`, "data-key": `s${i}` },
        on: { click: () => store.select(Uint8Array.from(coloring.codes, (code) => +(code === i))) },
      });
      list.append(el("li", {}, toggle, pick));
    });
    node.append(list);
    if (focused)
      (node.querySelector(`[data-key="${CSS.escape(focused)}"]`) as HTMLElement | null)?.focus();
  };
  return { node, draw };
}
