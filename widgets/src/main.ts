// One bundle for all widgets: they share most of their code, and the page finds the right one by
// the trait `_kind`.
import compare from "./compare.ts";
import curator from "./curator.ts";
import explorer from "./explorer.ts";
import { frame } from "./frame.ts";
import type { AnyModel } from "./model.ts";
import runner from "./runner.ts";

export interface Given {
  model: AnyModel;
  el: HTMLElement;
}

const kinds = new Map<string, { render(given: Given): () => void }>(
  Object.entries({ compare, curator, explorer, runner }),
);

function render(given: Given): () => void {
  const kind = String(given.model.get("_kind"));
  const known = kinds.get(kind);
  if (known) return known.render(given);
  const box = frame(given.el, "resistype");
  box.alert(
    "The page and Python have different versions of resistype: " +
      "restart the kernel and reload the page.",
  );
  return () => box.root.remove();
}

export default { render };
