// The picture of the points: pan, zoom and lasso by mouse and by keys.
import { el, empty, grouped, number, short, svg, words } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { hex, render, toUnits, type Rgb, type View } from "../raster.ts";
import { extent, inside } from "../stats.ts";
import type { Store } from "../store.ts";

const HEIGHT = 420;
const HELP =
  "Arrow keys move, + and − zoom, 0 shows all, Escape clears the selection. " +
  "Drag draws a lasso; with Shift it moves. L takes a pen: arrow keys lead it, " +
  "Space sets a corner of a lasso, Enter closes it or, without corners, " +
  "picks the point nearest to the pen.";
const PEN: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function paperOf(node: Element): Rgb {
  const found = /(\d+)[, ]+(\d+)[, ]+(\d+)/.exec(getComputedStyle(node).backgroundColor);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : hex("#FFFFFF");
}

export function scatter(
  store: Store,
  box: Frame,
): { node: HTMLElement; draw(): void; tell(): void } {
  const canvas = el("canvas", { attr: { tabindex: 0, role: "img", "data-testid": "rt-scatter" } });
  const over = svg("svg", { attr: { "aria-hidden": "true" } });
  const choose = el(
    "select",
    { attr: { "aria-label": "coordinates" } },
    ...store.spec.embeddings.map((name, i) =>
      el("option", { text: short(name), attr: { value: i } }),
    ),
  );
  const view: View = { width: 600, height: HEIGHT, scale: 1, x: 0, y: 0 };
  let ratio = 1,
    pen: [number, number] | null = null;
  let which = 0,
    lasso: [number, number][] = [],
    dragged: [number, number] | null = null,
    fitted = false,
    waiting = false;

  const points = (): Float32Array => store.data.points[which];
  const fit = (): void => {
    const [x0, x1, y0, y1] = extent(points());
    view.scale = 0.92 * Math.min(view.width / (x1 - x0), view.height / (y1 - y0));
    view.x = (x0 + x1) / 2;
    view.y = (y0 + y1) / 2;
    fitted = true;
  };
  const radius = (): number =>
    store.spec.n_drawn < 500
      ? 5 * ratio
      : store.spec.n_drawn < 5000
        ? 2.5 * ratio
        : store.spec.n_drawn < 60000
          ? 1.2 * ratio
          : 1;
  const tell = (): void => {
    const coloring = store.coloring();
    const said = coloring.names
      .map((_, i) => `${words(coloring.words[i])} ${grouped(coloring.counts[i])}`)
      .filter((_, i) => coloring.counts[i] !== 0)
      .slice(0, 12)
      .join(", ");
    canvas.setAttribute(
      "aria-label",
      `${store.spec.n_drawn} points coloured by ${coloring.title}` +
        `${said ? `: ${said}` : ""}. ${HELP}`,
    );
  };
  const paint = (): void => {
    waiting = false;
    if (!store.data.points.length) return;
    // a sharp picture on a fine screen
    ratio = Math.min(2, Math.max(1, window.devicePixelRatio || 1));
    const width = Math.max(200, Math.round((canvas.clientWidth || 600) * ratio)),
      height = Math.round(HEIGHT * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      fitted = false;
    }
    [view.width, view.height] = [width, height];
    over.setAttribute("viewBox", `0 0 ${width} ${height}`);
    canvas.style.height = `${HEIGHT}px`;
    if (!fitted) fit();
    const pixels = render(store.layer(points()), view, radius(), paperOf(box.root));
    canvas
      .getContext("2d")
      ?.putImageData(new ImageData(pixels as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
    tell();
  };
  const draw = (): void => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(paint);
  };
  const line = (): void => {
    empty(over);
    if (lasso.length > 1)
      over.append(
        svg("polygon", {
          attr: {
            points: lasso.map((p) => p.join(",")).join(" "),
            fill: "rgba(86,180,233,.2)",
            stroke: "#0072B2",
            "stroke-width": ratio,
          },
        }),
      );
    if (!pen) return;
    const [left, top, arm] = [pen[0] - 9 * ratio, pen[1] - 9 * ratio, 18 * ratio];
    over.append(
      svg("path", {
        class: "rt-pen",
        attr: {
          d: `M${left} ${pen[1]}h${arm}M${pen[0]} ${top}v${arm}`,
          stroke: "currentColor",
          "stroke-width": 2 * ratio,
        },
      }),
    );
  };
  const finish = (corners: [number, number][]): void => {
    const drawn = corners.map(([x, y]) => toUnits(view, x, y));
    store.select(inside(points(), drawn), {
      embedding: store.spec.embeddings[which],
      corners: drawn,
    });
  };
  const pick = (px: number, py: number): void => {
    const row = nearest(px, py);
    if (row >= 0) {
      store.row = row;
      store.tell("row");
    }
  };
  // The pen of those who draw with keys; true where the key was one of its own.
  const write = (event: KeyboardEvent): boolean => {
    const { key } = event;
    if (!pen) {
      if (key !== "l" && key !== "L") return false;
      pen = [view.width / 2, view.height / 2];
    } else if (PEN[key]) {
      const by = (event.shiftKey ? 2 : 14) * ratio;
      pen = [
        Math.min(view.width, Math.max(0, pen[0] + by * PEN[key][0])),
        Math.min(view.height, Math.max(0, pen[1] + by * PEN[key][1])),
      ];
    } else if (key === " ") lasso.push([pen[0], pen[1]]);
    else if (key === "Enter" || key === "Escape") {
      const [drawn, place] = [lasso, pen];
      [lasso, pen] = [[], null];
      if (key === "Enter" && drawn.length > 2) finish(drawn);
      else if (key === "Enter") pick(...place);
    } else return false;
    line();
    if (pen)
      box.status(
        `pen at ${toUnits(view, ...pen)
          .map((v) => number(v))
          .join(", ")}; ${lasso.length} corners`,
      );
    return true;
  };
  const zoom = (factor: number, px = view.width / 2, py = view.height / 2): void => {
    const [x, y] = toUnits(view, px, py);
    view.scale *= factor;
    view.x = x - (px - view.width / 2) / view.scale;
    view.y = y + (py - view.height / 2) / view.scale;
    draw();
  };
  const nearest = (px: number, py: number): number => {
    const [x, y] = toUnits(view, px, py),
      all = points();
    let best = ((9 * ratio) / view.scale) ** 2,
      found = -1;
    for (let i = 0; i < all.length / 2; i++) {
      const d = (all[2 * i] - x) ** 2 + (all[2 * i + 1] - y) ** 2;
      if (d < best) {
        best = d;
        found = i;
      }
    }
    return found;
  };
  const at = (event: PointerEvent | WheelEvent): [number, number] => {
    const place = canvas.getBoundingClientRect();
    return [(event.clientX - place.left) * ratio, (event.clientY - place.top) * ratio];
  };
  const bar = (): HTMLElement =>
    el(
      "div",
      { class: "rt-bar" },
      choose,
      el("button", {
        text: "+",
        attr: { type: "button", "aria-label": "zoom in" },
        on: { click: () => zoom(1.25) },
      }),
      el("button", {
        text: "−",
        attr: { type: "button", "aria-label": "zoom out" },
        on: { click: () => zoom(0.8) },
      }),
      el("button", {
        text: "all",
        attr: { type: "button", "aria-label": "show all points" },
        on: {
          click: () => {
            fit();
            draw();
          },
        },
      }),
      el("button", {
        text: "clear selection",
        attr: { type: "button", "data-testid": "rt-clear" },
        on: { click: () => store.select(null) },
      }),
    );
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
    } else if (lasso.length) {
      lasso.push(here);
      line();
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    const drawn = lasso;
    [lasso, dragged] = [[], null];
    line();
    if (drawn.length > 4) finish(drawn);
    else if (drawn.length) pick(...at(event));
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), ...at(event));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    if (write(event)) return event.preventDefault();
    const step = (40 * ratio) / view.scale;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => {
        view.x -= step;
      },
      ArrowRight: () => {
        view.x += step;
      },
      ArrowUp: () => {
        view.y += step;
      },
      ArrowDown: () => {
        view.y -= step;
      },
      "+": () => zoom(1.25),
      "=": () => zoom(1.25),
      "-": () => zoom(0.8),
      "0": fit,
      Escape: () => store.select(null),
    };
    if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
      draw();
    }
  });
  choose.addEventListener("change", () => {
    which = Number(choose.value);
    fitted = false;
    draw();
  });
  new ResizeObserver(draw).observe(canvas);
  const node = el(
    "div",
    {},
    bar(),
    el("div", { class: "rt-over" }, canvas, over),
    el(
      "details",
      {},
      el("summary", { text: "keys of the picture" }),
      el("p", { class: "rt-soft", text: HELP }),
    ),
  );
  return { node, draw, tell };
}
