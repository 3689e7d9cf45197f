// The table of genes: every cell can be typed in, complaints stand under their row with what mends
// them.
import { el, number, short } from "../dom.ts";
import { button, choose, redraw, region, title, typed } from "./parts.ts";
import type { Act, Row, View } from "./view.ts";

const MOST = 300;
export const ORDERS = ["as listed", "to mend first", "fitting least first"];

interface Kept {
  print: string;
  nodes: Node[];
  figures: HTMLElement[];
}

function build(row: Row, act: Act, width: number, print: string): Kept {
  const about = short(row.name, 20),
    edit =
      (field: string) =>
      (value: string): void =>
        act("edit", row.key, field, value);
  const field = (name: "name" | "weight" | "citation" | "note", size: number): HTMLElement => {
    const node = typed(`${name} of ${about}`, row[name], edit(name), `${name}-${row.key}`);
    node.size = size;
    node.title = row[name];
    if (name === "name" && row.bad) node.setAttribute("aria-invalid", "true");
    return el("td", {}, node);
  };
  const side = choose(
    `direction of ${about}`,
    ["up", "down"],
    row.down ? "down" : "up",
    edit("direction"),
    `side-${row.key}`,
  );
  const out = button("×", () => act("remove", row.key), `out-${row.key}`, "remove");
  out.setAttribute("aria-label", `take ${about} away`);
  const figures = Array.from({ length: width - 6 }, () => el("td", { class: "rt-n" }));
  const line = el(
    "tr",
    row.bad ? { class: "rt-mark" } : {},
    field("name", 8),
    el("td", {}, side),
    field("weight", 3),
    field("citation", 7),
    field("note", 11),
    ...figures,
    el("td", {}, out),
  );
  if (!row.said.length) return { print, nodes: [line], figures };
  const said = el(
    "td",
    { attr: { colspan: width } },
    ...row.said.map((text) => el("p", { text })),
    el(
      "div",
      { class: "rt-bar" },
      ...row.mends.map(([code, label], i) =>
        button(label, () => act("mend", row.key, code, label), `mend-${row.key}-${i}`),
      ),
    ),
  );
  return { print, nodes: [line, el("tr", {}, said)], figures };
}

export function arranged(rows: Row[], order: string, wanted: string): Row[] {
  const found = rows.filter((row) => row.name.toLowerCase().includes(wanted.trim().toLowerCase()));
  if (order === ORDERS[1]) found.sort((a, b) => +!a.said.length - +!b.said.length);
  if (order === ORDERS[2]) found.sort((a, b) => (a.cells[2] ?? 9) - (b.cells[2] ?? 9));
  return found;
}

export function sheet(act: Act): { node: HTMLElement; draw(view: View): void } {
  let seen: View | null = null,
    order = ORDERS[1];
  const find = el("input", {
    attr: {
      type: "text",
      "aria-label": "find genes",
      placeholder: "find",
      size: 8,
      "data-testid": "rt-filter",
    },
  });
  const box = region("genes", "rt-sheet");
  // Leaving one gene out moves the figures of all: rows that say the same else are kept, and only
  // their figures written.
  const kept = new Map<number, Kept>();
  const nodes = (row: Row, width: number): Node[] => {
    const print = JSON.stringify({ ...row, cells: width });
    let one = kept.get(row.key);
    if (one?.print !== print) kept.set(row.key, (one = build(row, act, width, print)));
    one.figures.forEach((node, i) => {
      node.textContent = number(row.cells[i] ?? NaN, 2);
    });
    return one.nodes;
  };
  const draw = (view: View): void => {
    seen = view;
    const rows = arranged(view.rows, order, find.value);
    const head = view.heads;
    const shown = rows.slice(0, MOST);
    redraw(box, [
      el(
        "table",
        {},
        el("caption", { text: `${shown.length} of ${view.rows.length} genes` }),
        el(
          "thead",
          {},
          el("tr", {}, ...head.map((text) => el("th", { text, attr: { scope: "col" } }))),
        ),
        el("tbody", {}, ...shown.flatMap((row) => nodes(row, head.length))),
      ),
    ]);
  };
  const again = (): void => {
    if (seen) draw(seen);
  };
  find.addEventListener("input", again);
  const sort = choose(
    "order",
    ORDERS,
    order,
    (value) => {
      order = value;
      again();
    },
    "order",
  );
  return {
    node: el("section", {}, el("div", { class: "rt-bar" }, title("Genes"), find, sort), box),
    draw,
  };
}
