// Thresholds of an axis: the histogram of what each is compared with, a line to drag, a slider and
// a number to type.
import { el, empty, number, svg, words } from "../dom.ts";
import { histogram, type Histogram } from "../stats.ts";
import type { Axis } from "../spec.ts";
import type { Store } from "../store.ts";

const W = 320,
  H = 38;

interface Item {
  name: string;
  quantity: number;
  signs: number[];
  bins: Histogram;
  slider: HTMLInputElement;
  field: HTMLInputElement;
  picture: SVGElement;
}

// From where to where a threshold can go: as far as the values it is compared with.
function reach(bins: Histogram, signs: number[]): [number, number] {
  if (!signs.includes(-1)) return [bins.low, bins.high];
  return [
    signs.includes(1) ? 0 : Math.min(0, -bins.high),
    Math.max(Math.abs(bins.low), Math.abs(bins.high)),
  ];
}

function controls(
  label: string,
  key: string,
  [low, high]: [number, number],
): Pick<Item, "slider" | "field" | "picture"> {
  const slider = el("input", {
    attr: {
      type: "range",
      min: low,
      max: high,
      step: "any",
      "aria-label": label,
      "data-testid": key,
    },
  });
  const field = el("input", {
    attr: {
      type: "number",
      step: "any",
      "aria-label": `${label}, number`,
      "data-testid": `${key}-number`,
    },
  });
  const picture = svg("svg", {
    attr: {
      viewBox: `0 0 ${W} ${H}`,
      width: "100%",
      height: H,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      "data-testid": `${key}-drag`,
    },
  });
  picture.style.cursor = "ew-resize";
  picture.style.touchAction = "none";
  return { slider, field, picture };
}

export function thresholds(
  store: Store,
  moved: (axis: string, name: string) => void,
): { node: HTMLElement; draw(): void; build(): void } {
  const node = el("div", { class: "rt-cuts", attr: { "data-testid": "rt-thresholds" } });
  let items: Item[] = [];

  const set = (name: string, value: number): void => {
    const axis = store.current.id;
    if (!Number.isFinite(value)) return draw();
    store.move(axis, name, value);
    moved(axis, name);
  };
  const paint = (item: Item): void => {
    const { bins, picture } = item;
    const peak = Math.max(1, ...bins.counts),
      value = store.thresholds[store.current.id][item.name];
    const x = (v: number): number => ((v - bins.low) / (bins.high - bins.low)) * W;
    empty(picture);
    const bar = W / bins.counts.length;
    bins.counts.forEach((n, i) => {
      if (n)
        picture.append(
          svg("rect", {
            attr: {
              x: i * bar,
              y: H - (n / peak) * (H - 4),
              width: Math.max(0.5, bar - 0.6),
              height: (n / peak) * (H - 4),
              fill: "currentColor",
              "fill-opacity": 0.35,
            },
          }),
        );
    });
    // The indeterminate zone lies between this threshold and others on the same quantity and side.
    for (const other of items) {
      if (other.name <= item.name || other.quantity !== item.quantity) continue;
      const second = store.thresholds[store.current.id][other.name];
      for (const sign of item.signs) {
        const [a, b] = [x(sign * value), x(sign * second)].sort((p, q) => p - q);
        picture.append(
          svg("rect", {
            class: "rt-grey",
            attr: { x: a, y: 0, width: b - a, height: H, fill: "#8C8C8C", "fill-opacity": 0.3 },
          }),
        );
      }
    }
    for (const sign of item.signs)
      picture.append(
        svg("line", {
          attr: {
            x1: x(sign * value),
            x2: x(sign * value),
            y1: 0,
            y2: H,
            stroke: "#D55E00",
            "stroke-width": 2.5,
          },
        }),
      );
  };
  const draw = (): void => {
    for (const item of items) {
      const value = store.thresholds[store.current.id][item.name];
      if (Number(item.slider.value) !== value) item.slider.value = String(value);
      const typed =
        (item.field.getRootNode() as Document | ShadowRoot).activeElement === item.field;
      if (!typed) item.field.value = String(Number(value.toPrecision(6)));
      item.slider.setAttribute("aria-valuetext", number(value));
      paint(item);
    }
  };
  const drag = ({ name, signs, bins, picture }: Item): void => {
    let held = false;
    const pull = (event: PointerEvent): void => {
      const box = picture.getBoundingClientRect();
      const at = bins.low + ((event.clientX - box.left) / box.width) * (bins.high - bins.low);
      set(name, signs.length === 2 ? Math.abs(at) : signs[0] * at);
    };
    picture.addEventListener("pointerdown", (event) => {
      held = true;
      picture.setPointerCapture(event.pointerId);
      pull(event);
    });
    picture.addEventListener("pointermove", (event) => {
      if (held) pull(event);
    });
    picture.addEventListener("pointerup", () => {
      held = false;
    });
  };
  const add = (axis: Axis, threshold: Axis["thresholds"][number]): void => {
    const used = axis.rules
      .flatMap((rule) => rule.when)
      .filter((c) => c.kind === "compare" && c.threshold === threshold.name);
    const first = used[0];
    if (!first || first.kind !== "compare") return;
    const signs = [...new Set(used.map((c) => (c.kind === "compare" ? c.sign : 1)))];
    const quantity = store.spec.quantities[first.quantity];
    const bins = histogram(
      store.data.quantities[first.quantity],
      48,
      signs.map((sign) => sign * threshold.value),
    );
    const [low, high] = reach(bins, signs);
    const step = (high - low) / 100;
    const key = `rt-${axis.id}-${threshold.name}`;
    const label = `${words(threshold.name)}: ${quantity.title} (${quantity.unit})`;
    const { slider, field, picture } = controls(label, key, [low, high]);
    const item: Item = {
      name: threshold.name,
      quantity: first.quantity,
      signs,
      bins,
      slider,
      field,
      picture,
    };
    slider.value = String(store.thresholds[axis.id][threshold.name]);
    slider.addEventListener("input", () => set(threshold.name, Number(slider.value)));
    // With step "any" the browser's own arrow steps differ; ours are a hundredth of the range.
    slider.addEventListener("keydown", (event) => {
      const by = (
        {
          ArrowRight: 1,
          ArrowUp: 1,
          ArrowLeft: -1,
          ArrowDown: -1,
          PageUp: 10,
          PageDown: -10,
        } as Record<string, number>
      )[event.key];
      if (by === undefined) return;
      event.preventDefault();
      set(
        threshold.name,
        Math.min(high, Math.max(low, store.thresholds[axis.id][threshold.name] + by * step)),
      );
    });
    field.addEventListener("change", () =>
      set(threshold.name, field.value === "" ? NaN : Number(field.value)),
    );
    drag(item);
    const reset = el("button", {
      text: "↺",
      attr: { type: "button", "aria-label": `reset ${words(threshold.name)}` },
      title: `back to ${number(threshold.value)}`,
      on: { click: () => set(threshold.name, threshold.value) },
    });
    items.push(item);
    const said = el(
      "label",
      {},
      el("b", { text: words(threshold.name) }),
      ` ${quantity.title} (${quantity.unit})`,
    );
    node.append(
      el(
        "div",
        { title: `${threshold.text} (${threshold.source})` },
        said,
        picture,
        el("div", { class: "rt-thr" }, slider, field, reset),
      ),
    );
  };
  const build = (): void => {
    const axis = store.current;
    empty(node);
    items = [];
    if (!store.ready) {
      node.append(el("p", { class: "rt-soft", text: "loading …" }));
      return;
    }
    for (const threshold of axis.thresholds) add(axis, threshold);
    if (!items.length)
      node.append(el("p", { class: "rt-soft", text: "This axis has no threshold to move." }));
    draw();
  };
  return { node, draw, build };
}
