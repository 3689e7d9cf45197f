// The only place that makes nodes. Text becomes text, never markup; names of elements and
// attributes are written here and in the parts, never taken from data.

export type Child = Node | string | null;
type Listener = (event: never) => void;

export interface Options {
  class?: string;
  text?: string;
  title?: string;
  attr?: Record<string, string | number>;
  on?: Record<string, Listener>;
}

const SVG = "http://www.w3.org/2000/svg";
// control characters and those that turn the direction of text
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
export const MAX_LABEL = 40;

export function clean(text: string, most = 400): string {
  return String(text).slice(0, most).replace(UNSAFE, "\ufffd");
}

export function short(text: string, most = MAX_LABEL): string {
  const whole = Array.from(clean(text));
  return whole.length > most ? whole.slice(0, most - 1).join("") + "…" : whole.join("");
}

export function words(name: string): string {
  return clean(name).replace(/_/g, " ");
}

function finish<T extends Element>(node: T, options: Options, children: Child[]): T {
  if (options.class) node.setAttribute("class", options.class);
  for (const [name, value] of Object.entries(options.attr ?? {}))
    node.setAttribute(name, String(value));
  for (const [name, listener] of Object.entries(options.on ?? {}))
    node.addEventListener(name, listener as EventListener);
  if (options.text !== undefined) node.textContent = options.text;
  for (const child of children) if (child !== null) node.append(child);
  return node;
}

const FOCUSABLE = new Set(["button", "input", "select", "summary", "textarea"]);

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: Options = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (options.title) node.title = clean(options.title);
  // JupyterLab takes "d d" and the arrow keys unless every focusable element itself says otherwise.
  if (FOCUSABLE.has(tag) || options.attr?.tabindex !== undefined)
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  return finish(node, options, children);
}

export function svg(tag: string, options: Options = {}, ...children: Child[]): SVGElement {
  const node = document.createElementNS(SVG, tag);
  finish(node, options, children);
  if (options.title) {
    const title = document.createElementNS(SVG, "title");
    title.textContent = clean(options.title);
    node.prepend(title);
  }
  return node;
}

export function empty(node: Element): void {
  node.replaceChildren();
}

export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  const text =
    value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
      ? value.toExponential(digits - 1)
      : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}

export function grouped(n: number): string {
  if (Number.isNaN(n)) return "…"; // being counted
  return String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export interface TableRow {
  cells: (string | number)[];
  title?: string;
  mark?: boolean;
}

export function table(caption: string, head: string[], rows: TableRow[]): HTMLTableElement {
  const cell = (value: string | number): HTMLElement =>
    typeof value === "number"
      ? el("td", { class: "rt-n", text: grouped(value) })
      : el("td", {
          ...(value.length < 17 ? { class: "rt-fit" } : {}),
          text: short(value, 80),
          title: value,
        });
  return el(
    "table",
    {},
    el("caption", { text: clean(caption) }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ...head.map((text, i) =>
          el("th", {
            ...(typeof rows[0]?.cells[i] === "number" ? { class: "rt-n" } : {}),
            text: short(text, 80),
            attr: { scope: "col" },
          }),
        ),
      ),
    ),
    el(
      "tbody",
      {},
      ...rows.map((row) =>
        el(
          "tr",
          { ...(row.mark ? { class: "rt-mark" } : {}), ...(row.title ? { title: row.title } : {}) },
          ...row.cells.map(cell),
        ),
      ),
    ),
  );
}
