// Compare: two labelings of the same samples. Python compares; the page shows an axis, its counts
// and who changed, why.
import { flow, matrix } from "./compare/pictures.ts";
import type { CompareSpec } from "./compare/spec.ts";
import { clean, el, empty, short, table } from "./dom.ts";
import { frame, type Frame } from "./frame.ts";
import { Link, type AnyModel } from "./model.ts";

const MOST = 500;

const region = (label: string, id: string): HTMLElement =>
  el("div", {
    class: "rt-scroll",
    attr: { tabindex: 0, role: "region", "aria-label": label, "data-testid": id },
  });

function show(spec: CompareSpec, link: Link, box: Frame): void {
  const { axes, heads } = spec;
  let at = 0,
    chosen = "";
  const tabs = axes.map((axis, i) =>
    el("button", {
      text: short(axis.title, 34),
      title: axis.title,
      attr: { type: "button", "data-testid": `rt-axis-${i}` },
      on: {
        click: () => {
          link.push("axis", axis.id);
          turn(i);
        },
      },
    }),
  );
  const facts = el("div", { attr: { "data-testid": "rt-kappa" } }),
    counts = region("counts", "rt-counts"),
    picture = el("div", {});
  const numbers = region("shift of the numbers", "rt-shift"),
    list = region("changed samples", "rt-changes"),
    genes = region("genes", "rt-genes");
  const all = el("button", {
    text: "all changed samples",
    attr: { type: "button", "data-testid": "rt-all" },
    on: { click: () => choose("") },
  });

  const askGenes = (change: number): void => {
    genes.textContent = "asking Python …";
    link.request("genes", { change }).then(
      ({ content }) => {
        empty(genes);
        genes.append(
          table(
            content.caption as string,
            content.head as string[],
            (content.rows as string[][]).map((cells) => ({ mark: !cells[1], cells })),
          ),
        );
      },
      (error: Error) => {
        genes.textContent = error.message;
      },
    );
  };

  const choose = (cell: string): void => {
    const axis = axes[at],
      rows = axis.changes.filter((one) => !cell || one.cell === cell).slice(0, MOST);
    chosen = cell;
    empty(counts);
    counts.append(matrix(axis, heads.matrix, chosen, choose));
    (counts.querySelector(`[data-key="${cell}"]`) as HTMLElement | null)?.focus();
    const made = table(`${rows.length} of ${axis.n_changes} changed samples`, heads.changes, rows);
    rows.forEach((one, i) =>
      made.tBodies[0].rows[i].append(
        el("td", { text: clean(one.why) }),
        el(
          "td",
          { class: "rt-fit" },
          one.genes
            ? el("button", {
                text: "genes",
                title: one.cells[0],
                attr: { type: "button" },
                on: { click: () => askGenes(one.at) },
              })
            : "–",
        ),
      ),
    );
    empty(list);
    list.append(made);
    box.status(`${axis.title}: ${axis.lines[0]}; ${rows.length} changed samples`);
  };

  const turn = (i: number): void => {
    const axis = axes[(at = i)];
    tabs.forEach((tab, k) => tab.setAttribute("aria-pressed", String(k === i)));
    [facts, picture, numbers, genes].forEach(empty);
    facts.append(...axis.lines.map((text) => el("p", { text })));
    picture.append(flow(axis));
    if (axis.shift.length)
      numbers.append(
        table(
          "Shift: second minus first, median and quartiles over the samples",
          heads.shift,
          axis.shift.map((cells) => ({ cells })),
        ),
      );
    choose("");
  };
  const follow = (value: unknown): void =>
    turn(
      Math.max(
        0,
        axes.findIndex((axis) => axis.id === value),
      ),
    );

  empty(box.body);
  box.body.append(
    el(
      "div",
      { class: "rt-head" },
      el("strong", { text: short(spec.title, 90) }),
      el("span", { class: "rt-soft", text: "Research use only; nothing here predicts response." }),
    ),
    spec.note ? el("p", { class: "rt-banner", text: spec.note }) : "",
    ...spec.lines.map((text) => el("p", { text: clean(text) })),
    el(
      "details",
      {},
      el("summary", { text: `what differs between the two: ${spec.differences.length}` }),
      table(
        "From the records of the runs",
        heads.differences,
        spec.differences.map((cells) => ({ cells })),
      ),
    ),
    el("div", { class: "rt-bar" }, ...tabs),
    facts,
    el("div", { class: "rt-grid" }, el("div", {}, counts, picture), numbers),
    el(
      "section",
      {},
      el("div", { class: "rt-bar" }, el("h3", { text: "Whose label changes, and why" }), all),
      list,
      genes,
    ),
  );
  link.watch("axis", follow);
  follow(link.model.get("axis"));
}

function render({ model, el: host }: { model: AnyModel; el: HTMLElement }): () => void {
  const box = frame(host, "resistype compare");
  const link = new Link(model);
  link
    .request("data")
    .then((answer) => show(answer.content.spec as CompareSpec, link, box))
    .catch((error: Error) => box.alert(error.message));
  return () => {
    link.close();
    box.root.remove();
  };
}

export default { render };
