// Evidence: for one observation which threshold decided and by what margin; for a selection the
// genes that set it apart.
import { clean, el, empty, number, table, words, type TableRow } from "../dom.ts";
import { explain } from "../rule.ts";
import type { Store } from "../store.ts";

export interface Gene {
  gene: string;
  effect: number;
  inside: number;
  outside: number;
  signatures: string;
  shared: boolean;
}

export function evidence(
  store: Store,
  askGenes: (() => Promise<Gene[]>) | null,
): { node: HTMLElement; drawRow(): void; drawSelection(): void } {
  const row = el("div", { attr: { "data-testid": "rt-evidence" } }),
    genes = el("section", { attr: { "data-testid": "rt-genes" } });
  const patients = store.spec.patient >= 0 ? store.spec.columns[store.spec.patient].names : [];
  const step = (by: number): void => {
    store.row =
      (Math.max(store.row, by < 0 ? 0 : -1) + by + store.spec.n_drawn) % store.spec.n_drawn;
    store.tell("row");
  };
  // The controls stay while what they show is drawn anew, so that they keep the focus.
  const bar = el(
    "div",
    { class: "rt-bar" },
    el("button", { text: "previous", attr: { type: "button" }, on: { click: () => step(-1) } }),
    el("button", {
      text: "next",
      attr: { type: "button", "data-testid": "rt-next" },
      on: { click: () => step(1) },
    }),
    patients.length ? picker(store, patients) : null,
  );
  const node = el("div", {}, el("section", {}, el("h3", { text: "Evidence" }), bar, row), genes);

  const drawRow = (): void => {
    empty(row);
    if (!store.ready) return;
    if (store.row < 0) {
      row.append(
        el("p", {
          class: "rt-soft",
          text: "Click a point, a line of the flow, or choose with the buttons.",
        }),
      );
      return;
    }
    const { spec, data, calls } = store,
      at = store.row;
    const call = store.current.names[calls.final[store.axis][at]];
    row.append(
      el(
        "p",
        {},
        el("strong", { text: store.nameOf(at) }),
        ` · ${store.current.title}: ${words(call)}`,
      ),
    );
    const rows: TableRow[] = explain(spec, data, store.thresholds, calls, store.axis, at).map(
      (one) => {
        const q = spec.quantities[one.quantity];
        const warning = q.shared ? `genes shared with: ${q.shared}` : "";
        return {
          mark: one.decided,
          title: warning,
          cells: [
            `${one.decided ? "▶ " : ""}${q.title}`,
            `${number(one.value)} ${q.unit}`,
            `${one.op} ${number(one.limit)}`,
            `${one.distance >= 0 ? "+" : ""}${number(one.distance)}`,
            `${q.signature} ${q.coverage}${q.shared ? " ⚠" : ""}`.trim(),
          ],
        };
      },
    );
    const box = el("div", {
      class: "rt-scroll",
      attr: { tabindex: 0, role: "region", "aria-label": "evidence" },
    });
    box.append(
      rows.length
        ? table(
            "▶ decided; ⚠ the signature shares genes with another of the scheme",
            ["quantity", "value", "threshold", "margin", "signature, genes"],
            rows,
          )
        : el("p", {
            class: "rt-soft",
            text: "No threshold was reached: a rule without numbers decided.",
          }),
    );
    row.append(box);
  };

  const drawSelection = (): void => {
    empty(genes);
    const n = store.nSelected;
    genes.append(
      el("h3", { text: "Selection" }),
      el("p", {
        text: n
          ? `${n} of ${store.spec.n_drawn}${store.part ? " drawn" : ""} selected`
          : "Nothing is selected: draw a lasso, or use the buttons of the legend.",
        attr: { "data-testid": "rt-nsel" },
      }),
    );
    if (!n) return;
    const codes = store.calls.final[store.axis],
      counts = new Map<number, number>();
    store.selected?.forEach((one, i) => {
      if (one) counts.set(codes[i], (counts.get(codes[i]) ?? 0) + 1);
    });
    genes.append(
      table(
        store.current.title,
        ["call", "n"],
        [...counts]
          .sort((a, b) => b[1] - a[1])
          .map(([c, k]) => ({ cells: [words(store.current.names[c]), k] })),
      ),
    );
    if (!askGenes) return;
    const out = el("div", {
      class: "rt-scroll",
      attr: {
        tabindex: 0,
        role: "region",
        "aria-label": "driver genes",
        "data-testid": "rt-drivers",
      },
    });
    const button = el("button", {
      text: "driver genes of the selection",
      attr: { type: "button", "data-testid": "rt-ask-genes" },
    });
    button.addEventListener("click", () => {
      button.disabled = true;
      out.textContent = "asking Python …";
      askGenes()
        .then(
          (found) => {
            empty(out);
            out.append(
              table(
                "Selected against all others: difference of mean log2, " +
                  "fraction of observations with the gene. ⚠ in several signatures",
                ["gene", "effect", "selected", "others", "signatures"],
                found.map((g) => ({
                  cells: [
                    `${g.gene}${g.shared ? " ⚠" : ""}`,
                    `${g.effect >= 0 ? "+" : ""}${number(g.effect)}`,
                    `${Math.round(100 * g.inside)} %`,
                    `${Math.round(100 * g.outside)} %`,
                    g.signatures,
                  ],
                })),
              ),
            );
          },
          (error: Error) => {
            out.textContent = error.message;
          },
        )
        .finally(() => {
          button.disabled = false;
        });
    });
    genes.append(button, out);
  };
  return { node, drawRow, drawSelection };
}

function picker(store: Store, patients: string[]): HTMLElement {
  const choose = el(
    "select",
    { attr: { "aria-label": "select a patient", "data-testid": "rt-patient" } },
    el("option", { text: "select a patient …", attr: { value: -1 } }),
    ...patients
      .map((name, i) => ({ name, i }))
      .filter(({ name }) => name)
      .map(({ name, i }) => el("option", { text: clean(name), attr: { value: i } })),
  );
  choose.addEventListener("change", () => {
    const wanted = Number(choose.value),
      codes = store.data.columns[store.spec.patient];
    store.row = codes.indexOf(wanted);
    store.select(wanted < 0 ? null : Uint8Array.from(codes, (code) => +(code === wanted)));
    store.tell("row");
  });
  return choose;
}
