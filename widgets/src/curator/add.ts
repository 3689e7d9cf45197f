// Where genes come from: typed or pasted, a file, a comparison of groups, the selection of an
// Explorer.
import { el, short } from "../dom.ts";
import { button, choose, title } from "./parts.ts";
import type { Act, View } from "./view.ts";

function value(label: string, start: number, key: string): { node: HTMLElement; read(): number } {
  const input = el("input", {
    attr: {
      type: "number",
      step: "any",
      min: 0,
      value: start,
      "aria-label": label,
      "data-testid": `rt-${key}`,
    },
  });
  input.style.width = "5em";
  return {
    node: el("label", {}, `${label} `, input),
    read: () => (Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : start),
  };
}

export function add(
  act: Act,
  alert: (message: string) => void,
): { node: HTMLElement; draw(view: View): void } {
  const text = el("textarea", {
    attr: {
      rows: 3,
      "aria-label": "genes to add",
      placeholder: "type or paste genes; a second column holds weights",
      "data-testid": "rt-paste",
    },
  });
  const side = choose("direction", ["up", "down"], "up", () => undefined, "add-side");
  const go = button(
    "add",
    () => {
      if (text.value.trim()) act("add", text.value, side.value);
      text.value = "";
    },
    "add",
  );
  const file = el("input", {
    attr: {
      type: "file",
      accept: ".toml,.gmt,.json,.csv,.tsv,.txt",
      "aria-label": "file of genes",
      "data-testid": "rt-file",
    },
  });
  const effect = value("effect ≥", 1, "effect"),
    fdr = value("fdr ≤", 0.05, "fdr"),
    top = value("at most", 50, "top");
  const down = el("input", { attr: { type: "checkbox", "data-testid": "rt-down" } });
  const numbers = (): [number, number, number, boolean] => [
    effect.read(),
    fdr.read(),
    Math.round(top.read()),
    down.checked,
  ];
  file.addEventListener("change", () => {
    const one = file.files?.[0];
    if (!one) return;
    if (one.size > 2 ** 21) alert(`${short(one.name)} has more than 2 MB.`);
    else void one.text().then((content) => act("file", one.name, content, ...numbers()));
    file.value = "";
  });
  const groups = el("div", { class: "rt-bar" }),
    chosen = el("div", { class: "rt-bar" });
  let last = "";
  const draw = (view: View): void => {
    chosen.replaceChildren();
    if (view.selected >= 0) {
      const take = button(
        `driver genes of the selection (${view.selected})`,
        () => act("drivers", ...numbers()),
        "drivers",
      );
      take.disabled = !view.selected;
      chosen.append(take);
    }
    const key = `${view.cohort} ${view.by}`;
    if (key === last) return;
    last = key;
    const names = view.values[view.by] ?? [];
    groups.replaceChildren();
    if (names.length < 2) return;
    const a = choose("case", names, names[0], () => undefined, "case"),
      b = choose("control", names, names[1], () => undefined, "control");
    groups.append(
      short(view.by, 20),
      a,
      "against",
      b,
      button(
        "add the genes that differ",
        () => act("contrast", view.by, a.value, b.value, ...numbers()),
        "contrast",
      ),
    );
  };
  const filters = el(
    "div",
    { class: "rt-bar" },
    effect.node,
    fdr.node,
    top.node,
    el("label", {}, down, " also genes down"),
  );
  return {
    node: el(
      "section",
      {},
      title("Add genes"),
      text,
      el("div", { class: "rt-bar" }, side, go, file),
      el(
        "details",
        {},
        el("summary", { text: "from a comparison, a table of one, or a selection" }),
        filters,
        groups,
        chosen,
      ),
    ),
    draw,
  };
}
