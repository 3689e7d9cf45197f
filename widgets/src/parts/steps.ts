// Steps back and forth, and regions: outlines on the picture that are kept under a name. Python's
// session does them.
import { el, empty, short } from "../dom.ts";
import type { Frame } from "../frame.ts";
import type { Link } from "../model.ts";
import type { Store } from "../store.ts";

interface Steps {
  undo: boolean;
  redo: boolean;
  regions: string[];
}

export interface Bars {
  back: HTMLElement;
  regions: HTMLElement;
  reset(): void;
  draw(): void;
}

// `before` sends what was changed and not yet told.
export function steps(store: Store, link: Link, box: Frame, before: () => void): Bars {
  const act = (step: string, given: Record<string, unknown> = {}): void => {
    before();
    link.request("step", { step, ...given }).then(
      () => box.alert(""),
      (error: Error) => box.alert(error.message),
    );
  };
  const button = (text: string, key: string, click: () => void): HTMLButtonElement =>
    el("button", { text, attr: { type: "button", "data-testid": `rt-${key}` }, on: { click } });
  const undo = button("undo", "undo", () => act("undo")),
    redo = button("redo", "redo", () => act("redo"));
  const name = el("input", {
    attr: {
      type: "text",
      size: 12,
      maxlength: 60,
      "aria-label": "name of a new region",
      placeholder: "name of region",
      "data-testid": "rt-region-name",
    },
  });
  const keep = button("keep lasso", "keep", () => {
    if (store.lasso) act("keep", { name: name.value.trim(), ...store.lasso });
  });
  const choose = el("select", { attr: { "aria-label": "regions", "data-testid": "rt-regions" } });
  const select = button("select", "region", () => act("select", { name: choose.value })),
    remove = button("forget", "forget", () => act("remove", { name: choose.value }));
  select.setAttribute("aria-label", "select the region");
  remove.setAttribute("aria-label", "forget the region");
  name.addEventListener("input", () => draw());
  const draw = (): void => {
    const now = link.model.get("_steps") as Steps | undefined,
      known = now?.regions ?? [],
      chosen = choose.value;
    undo.disabled = !now?.undo;
    redo.disabled = !now?.redo;
    keep.disabled = !store.lasso || !name.value.trim();
    select.disabled = remove.disabled = choose.disabled = !known.length;
    empty(choose);
    choose.append(
      ...(known.length ? known : ["no region yet"]).map((one) =>
        el("option", { text: short(one), attr: { value: one } }),
      ),
    );
    if (known.includes(chosen)) choose.value = chosen;
  };
  link.watch("_steps", draw);
  draw();
  return {
    back: el("span", { class: "rt-bar" }, undo, redo),
    regions: el(
      "div",
      { class: "rt-bar", attr: { role: "group", "aria-label": "regions" } },
      name,
      keep,
      choose,
      select,
      remove,
    ),
    reset: () => act("reset"),
    draw,
  };
}
