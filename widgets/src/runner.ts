// The Runner: what will be run, start, progress, cancel, warnings, result. The work itself is a
// thread in Python.
import { clean, el, empty, number, short, table, words } from "./dom.ts";
import { frame } from "./frame.ts";
import { Link, type AnyModel } from "./model.ts";

interface State {
  phase: "idle" | "running" | "cancelling" | "done" | "cancelled" | "failed";
  done: number;
  total: number;
  seconds: number;
  text: string;
}

interface Result {
  caption: string;
  head: string[];
  rows: (string | number)[][];
}

function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  return seconds < 90 ? `${Math.max(0, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

function render({ model, el: host }: { model: AnyModel; el: HTMLElement }): () => void {
  const box = frame(host, "resistype runner");
  const link = new Link(model);
  const title = el("strong", { text: short(String(model.get("title")), 120) });
  const summary = el("div", {}),
    log = el("div", { attr: { "data-testid": "rt-log" } }),
    result = el("div", {
      class: "rt-scroll",
      attr: { tabindex: 0, role: "region", "aria-label": "result", "data-testid": "rt-result" },
    });
  const bar = el("progress", { attr: { max: 1, value: 0, "aria-label": "progress" } });
  const line = el("p", { attr: { "data-testid": "rt-progress" } });
  const ask = (what: string): void => {
    link.request(what, {}, [], 20).then(
      () => box.alert(""),
      (error: Error) => box.alert(error.message),
    );
  };
  const start = el("button", {
    text: "start",
    attr: { type: "button", "data-testid": "rt-start" },
    on: { click: () => ask("start") },
  });
  const cancel = el("button", {
    text: "cancel",
    attr: { type: "button", "data-testid": "rt-cancel" },
    on: { click: () => ask("cancel") },
  });

  const drawState = (): void => {
    const state = model.get("state") as State;
    const running = state.phase === "running" || state.phase === "cancelling";
    start.disabled = running;
    cancel.disabled = state.phase !== "running";
    bar.value = state.total ? state.done / state.total : state.phase === "done" ? 1 : 0;
    const rate = state.seconds > 0 ? state.done / state.seconds : NaN;
    const left =
      running && rate > 0
        ? `, ${number(rate, 2)} a second, ${clock((state.total - state.done) / rate)} left`
        : "";
    const counted = state.total ? `: ${state.done} of ${state.total}` : "";
    const told = state.text ? `. ${clean(state.text, 1200)}` : "";
    line.textContent = `${words(state.phase)}${counted}${left}${told}`;
    box.status(line.textContent);
  };
  const drawLists = (): void => {
    empty(summary);
    empty(log);
    for (const text of (model.get("checks") as string[]) ?? [])
      summary.append(el("p", { text: clean(text, 1200) }));
    for (const text of (model.get("warnings") as string[]) ?? [])
      log.append(el("p", { text: `⚠ ${clean(text, 1200)}` }));
  };
  const drawResult = (): void => {
    empty(result);
    const found = model.get("result") as Result | null;
    if (found && found.head.length)
      result.append(
        table(
          found.caption,
          found.head,
          found.rows.map((cells) => ({ cells })),
        ),
      );
  };
  box.body.append(
    el(
      "div",
      { class: "rt-head" },
      title,
      el("span", { class: "rt-soft", text: "Research use only." }),
    ),
    summary,
    el("div", { class: "rt-bar" }, start, cancel),
    bar,
    line,
    log,
    result,
  );
  link.watch("state", drawState);
  link.watch("checks", drawLists);
  link.watch("warnings", drawLists);
  link.watch("result", drawResult);
  drawState();
  drawLists();
  drawResult();
  return () => {
    link.close();
    box.root.remove();
  };
}

export default { render };
