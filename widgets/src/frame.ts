// What every widget stands in: a root that keeps its keys to itself, the style, a place for errors
// and one for status.
import { el } from "./dom.ts";
import STYLE from "./theme.css";

export interface Frame {
  root: HTMLElement;
  body: HTMLElement;
  alert(message: string): void;
  status(message: string): void;
}

export function frame(host: HTMLElement, label: string): Frame {
  const alert = el("div", { class: "rt-alert", attr: { role: "alert" } });
  const status = el("div", { class: "rt-hide", attr: { role: "status", "aria-live": "polite" } });
  const body = el("div", {});
  const root = el(
    "div",
    {
      class: "rt",
      attr: { role: "group", "aria-label": label, "data-lm-suppress-shortcuts": "true" },
    },
    el("style", { text: STYLE }),
    alert,
    body,
    status,
  );
  for (const name of ["keydown", "keyup", "keypress"])
    root.addEventListener(name, (event) => event.stopPropagation());
  host.append(root);
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    root,
    body,
    alert: (message) => {
      alert.textContent = message;
    },
    status: (message) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        status.textContent = message;
      }, 400);
    },
  };
}
