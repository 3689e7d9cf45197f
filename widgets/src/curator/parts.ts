// Small pieces of the Curator's page.
import { el, short } from "../dom.ts";

export function button(text: string, act: () => void, key: string, title = ""): HTMLButtonElement {
  return el("button", {
    text: short(text, 60),
    ...(title ? { title } : {}),
    attr: { type: "button", "data-testid": `rt-${key}` },
    on: { click: act },
  });
}

export function choose(
  label: string,
  options: string[],
  value: string,
  act: (value: string) => void,
  key: string,
): HTMLSelectElement {
  const node = el(
    "select",
    { attr: { "aria-label": label, "data-testid": `rt-${key}` } },
    ...options.map((one) => el("option", { text: short(one, 40) || "–", attr: { value: one } })),
  );
  node.value = value;
  node.addEventListener("change", () => act(node.value));
  return node;
}

// Sends what was typed when the field is left or Enter is pressed, and only when it differs.
export function typed(
  label: string,
  value: string,
  act: (value: string) => void,
  key: string,
): HTMLInputElement {
  const node = el("input", {
    attr: { type: "text", "aria-label": label, value, "data-testid": `rt-${key}` },
  });
  node.addEventListener("change", () => {
    if (node.value !== node.defaultValue) act(node.value);
  });
  return node;
}

// Puts a part anew and gives the focus, and what is being typed, back to the same control.
export function redraw(node: HTMLElement, children: (Node | null)[]): void {
  const active = (node.getRootNode() as Document | ShadowRoot)
    .activeElement as HTMLInputElement | null;
  const key = active && node.contains(active) ? (active.dataset.testid ?? "") : null;
  const pending =
    active?.tagName === "INPUT" && active.value !== active.defaultValue ? active.value : null;
  const top = node.scrollTop;
  node.replaceChildren(...children.filter((one): one is Node => one !== null));
  node.scrollTop = top;
  if (key === null) return;
  const find = (name: string): HTMLInputElement | null =>
    node.querySelector(`[data-testid="${CSS.escape(name)}"]`);
  const again = find(key) ?? find(`rt-name-${key.split("-")[2]}`) ?? (node as HTMLInputElement);
  if (pending !== null && again.defaultValue !== pending) again.value = pending;
  again.focus({ preventScroll: true });
}

export const title = (text: string): HTMLElement => el("h3", { text });

export const region = (label: string, kind = "", ...children: Node[]): HTMLElement =>
  el(
    "div",
    {
      class: `rt-scroll ${kind}`,
      attr: { tabindex: 0, role: "region", "aria-label": label, "data-testid": kind },
    },
    ...children,
  );
