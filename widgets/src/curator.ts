// The Curator: Python holds the draft and judges it; the page shows what it says and sends
// commands.
import { add } from "./curator/add.ts";
import { button, choose, redraw, region, title, typed } from "./curator/parts.ts";
import { sheet } from "./curator/sheet.ts";
import { spreadPicture } from "./curator/spread.ts";
import type { Act, View } from "./curator/view.ts";
import { el, short, table } from "./dom.ts";
import { frame } from "./frame.ts";
import { Link, type AnyModel } from "./model.ts";

const WHAT = ["score", "change from baseline"];

function render({ model, el: host }: { model: AnyModel; el: HTMLElement }): () => void {
  const box = frame(host, "resistype signature curator"),
    link = new Link(model);
  const ask = (what: string, given: Record<string, unknown> = {}): void => {
    link.request(what, given).then(
      (answer) => {
        box.alert("");
        draw((answer.content.view ?? answer.content.spec) as View);
      },
      (error: Error) => box.alert(error.message),
    );
  };
  const act: Act = (name, ...given) => ask("do", { name, given });
  const name = el("strong", {}),
    state = el("span", { class: "rt-soft", attr: { "data-testid": "rt-state" } });
  const bar = el("div", { class: "rt-bar" }),
    said = el("p", { attr: { "data-testid": "rt-said" } }),
    trouble = el("p", { class: "rt-alert" });
  const genes = sheet(act),
    more = add(act, box.alert);
  const form = el("div", { class: "rt-cuts" }),
    problems = el("div", { attr: { "data-testid": "rt-problems" } }),
    data = el("section", {}),
    near = el("section", {});
  const fold = (text: string, node: HTMLElement): HTMLElement =>
    el("section", {}, el("details", {}, el("summary", { text }), node));

  const draw = (view: View): void => {
    name.textContent = short(view.title, 80);
    state.textContent = view.state;
    said.textContent = view.said.join(" ");
    box.status(said.textContent);
    trouble.textContent = view.trouble;
    redraw(
      bar,
      view.buttons.map(([name, label, about]) => {
        const node = button(label, () => act(name), name, about);
        node.disabled = !about;
        return node;
      }),
    );
    genes.draw(view);
    more.draw(view);
    redraw(
      form,
      view.form.map((one) =>
        el(
          "label",
          {},
          `${one.label} `,
          one.choices
            ? choose(
                one.label,
                one.choices,
                one.value,
                (value) => act("set_field", one.key, value),
                `f-${one.key}`,
              )
            : typed(
                one.label,
                one.value,
                (value) => act("set_field", one.key, value),
                `f-${one.key}`,
              ),
        ),
      ),
    );
    problems.replaceChildren(...view.problems.map((text) => el("p", { text })));
    const pick = (cohort: string, by: string, change: boolean): void =>
      act("choose", cohort, by, change);
    redraw(
      data,
      view.cohorts.length
        ? [
            title("In the data"),
            el(
              "div",
              { class: "rt-bar" },
              choose(
                "cohort",
                view.cohorts,
                view.cohort,
                (value) => pick(value, "", view.change),
                "cohort",
              ),
              view.columns.length
                ? el(
                    "label",
                    {},
                    "by ",
                    choose(
                      "by",
                      view.columns,
                      view.by,
                      (value) => pick(view.cohort, value, view.change),
                      "by",
                    ),
                  )
                : null,
              view.pairs
                ? choose(
                    "what is shown",
                    WHAT,
                    WHAT[+view.change],
                    (value) => pick(view.cohort, view.by, value === WHAT[1]),
                    "change",
                  )
                : null,
            ),
            el("p", { text: view.measured, attr: { "data-testid": "rt-measured" } }),
            ...(view.spread ? spreadPicture(view.spread) : []),
          ]
        : [],
    );
    near.replaceChildren(
      title("In the library"),
      region(
        "overlap",
        "",
        table(
          "Signatures that share genes",
          view.overlap_heads,
          view.overlap.map((cells) => ({ cells })),
        ),
      ),
      title("Against what is stored"),
      el(
        "div",
        { attr: { "data-testid": "rt-diff" } },
        ...view.diff.map((text) => el("p", { text })),
      ),
    );
  };
  box.body.append(
    el("div", { class: "rt-head" }, name, state),
    bar,
    said,
    trouble,
    el(
      "div",
      { class: "rt-grid rt-desk" },
      el("div", {}, genes.node, more.node, fold("name, source and other fields", form)),
      el("div", {}, el("section", {}, title("Checks"), problems), data),
    ),
    near,
  );
  link.watch("_turn", () => ask("view"));
  // a file without Python holds the view as its data
  ask(model.get("_live") === false ? "data" : "view");
  return () => {
    link.close();
    box.root.remove();
  };
}

export default { render };
