// The picture of the points: pan, zoom and lasso by mouse and by keys.
import { el, empty, short, svg } from "../dom.ts";
import { hex, render, toUnits, type Rgb, type View } from "../raster.ts";
import { extent, inside } from "../stats.ts";
import type { Store } from "../store.ts";

const HEIGHT = 420;
const HELP = "Arrow keys move, + and − zoom, 0 shows all, Escape clears the selection. Drag draws a lasso; with Shift it moves.";

function paperOf(node: Element): Rgb {
  const found = /(\d+)[, ]+(\d+)[, ]+(\d+)/.exec(getComputedStyle(node).backgroundColor);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : hex("#FFFFFF");
}

export function scatter(store: Store, root: HTMLElement): { node: HTMLElement; draw(): void } {
  const canvas = el("canvas", { attr: { tabindex: 0, role: "img", "aria-describedby": "", "data-testid": "rt-scatter" } });
  canvas.removeAttribute("aria-describedby");
  const over = svg("svg", { attr: { "aria-hidden": "true" } });
  const choose = el("select", { attr: { "aria-label": "coordinates" } }, ...store.spec.embeddings.map((name, i) => el("option", { text: short(name), attr: { value: i } })));
  const view: View = { width: 600, height: HEIGHT, scale: 1, x: 0, y: 0 };
  let which = 0, lasso: [number, number][] = [], dragged: [number, number] | null = null, fitted = false, waiting = false;

  const points = (): Float32Array => store.data.points[which];
  const fit = (): void => {
    const [x0, x1, y0, y1] = extent(points());
    view.scale = 0.92 * Math.min(view.width / (x1 - x0), view.height / (y1 - y0));
    view.x = (x0 + x1) / 2;
    view.y = (y0 + y1) / 2;
    fitted = true;
  };
  const radius = (): number => (store.spec.n_drawn < 500 ? 5 : store.spec.n_drawn < 5000 ? 2.5 : store.spec.n_drawn < 60000 ? 1.2 : 1);
  const paint = (): void => {
    waiting = false;
    if (!store.data.points.length) return;
    const width = Math.max(200, Math.round(canvas.clientWidth || 600));
    if (canvas.width !== width || canvas.height !== HEIGHT) { canvas.width = width; canvas.height = HEIGHT; fitted = fitted && view.width === width; }
    view.width = width;
    canvas.style.height = `${HEIGHT}px`;
    if (!fitted) fit();
    const pixels = render(store.layer(points()), view, radius(), paperOf(root));
    canvas.getContext("2d")?.putImageData(new ImageData(pixels as Uint8ClampedArray<ArrayBuffer>, view.width, view.height), 0, 0);
    const coloring = store.coloring();
    const said = coloring.names.map((name, i) => `${name.replace(/_/g, " ")} ${coloring.counts[i]}`).filter((_, i) => coloring.counts[i]).slice(0, 12).join(", ");
    canvas.setAttribute("aria-label", `${store.spec.n_drawn} points coloured by ${coloring.title}${said ? `: ${said}` : ""}. ${HELP}`);
  };
  const draw = (): void => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(paint);
  };
  const line = (): void => {
    empty(over);
    if (lasso.length > 1) over.append(svg("polygon", { attr: { points: lasso.map((p) => p.join(",")).join(" "), fill: "rgba(86,180,233,.2)", stroke: "#0072B2" } }));
  };
  const zoom = (factor: number, px = view.width / 2, py = view.height / 2): void => {
    const [x, y] = toUnits(view, px, py);
    view.scale *= factor;
    view.x = x - (px - view.width / 2) / view.scale;
    view.y = y + (py - view.height / 2) / view.scale;
    draw();
  };
  const nearest = (px: number, py: number): number => {
    const [x, y] = toUnits(view, px, py), all = points();
    let best = (9 / view.scale) ** 2, found = -1;
    for (let i = 0; i < all.length / 2; i++) {
      const d = (all[2 * i] - x) ** 2 + (all[2 * i + 1] - y) ** 2;
      if (d < best) { best = d; found = i; }
    }
    return found;
  };
  const at = (event: PointerEvent | WheelEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (event.shiftKey) dragged = at(event);
    else lasso = [at(event)];
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = at(event);
    if (dragged) {
      view.x -= (here[0] - dragged[0]) / view.scale;
      view.y += (here[1] - dragged[1]) / view.scale;
      dragged = here;
      draw();
    } else if (lasso.length) { lasso.push(here); line(); }
  });
  canvas.addEventListener("pointerup", (event) => {
    const drawn = lasso;
    [lasso, dragged] = [[], null];
    line();
    if (drawn.length > 4) store.select(inside(points(), drawn.map(([x, y]) => toUnits(view, x, y))));
    else if (drawn.length) {
      const row = nearest(...at(event));
      if (row >= 0) { store.row = row; store.tell("row"); }
    }
  });
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400), ...at(event)); }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = 40 / view.scale;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => { view.x -= step; }, ArrowRight: () => { view.x += step; }, ArrowUp: () => { view.y += step; }, ArrowDown: () => { view.y -= step; },
      "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "0": fit, Escape: () => store.select(null),
    };
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); draw(); }
  });
  choose.addEventListener("change", () => { which = Number(choose.value); fitted = false; draw(); });
  new ResizeObserver(draw).observe(canvas);
  const node = el("div", {},
    el("div", { class: "rt-bar" }, choose,
      el("button", { text: "+", attr: { type: "button", "aria-label": "zoom in" }, on: { click: () => zoom(1.25) } }),
      el("button", { text: "−", attr: { type: "button", "aria-label": "zoom out" }, on: { click: () => zoom(0.8) } }),
      el("button", { text: "all", attr: { type: "button", "aria-label": "show all points" }, on: { click: () => { fit(); draw(); } } }),
      el("button", { text: "clear selection", attr: { type: "button", "data-testid": "rt-clear" }, on: { click: () => store.select(null) } })),
    el("div", { class: "rt-over" }, canvas, over));
  return { node, draw };
}
