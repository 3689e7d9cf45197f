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

// One option of reading: its allowed words (empty: as it is found); any text where there are none.
interface Option {
  name: string;
  help: string;
  allowed: string[];
  value: string | boolean | string[];
}

// A field for one option, and what it says now.
function field(option: Option): { label: HTMLElement; value: () => Option["value"] } {
  const { name, help, allowed, value } = option;
  const attr = { name, title: help, "data-testid": `rt-read-${name}` };
  const label = (input: HTMLElement): HTMLElement => el("label", {}, words(name), " ", input);
  if (typeof value === "boolean") {
    const box = el("input", { attr: { ...attr, type: "checkbox" } });
    box.checked = value;
    return { label: label(box), value: () => box.checked };
  }
  if (allowed.length) {
    const choice = el("select", { attr });
    for (const word of allowed)
      choice.append(el("option", { text: word || "found", attr: { value: word } }));
    choice.value = String(value);
    return { label: label(choice), value: () => choice.value };
  }
  const text = el("input", { attr: { ...attr, type: "text", size: 12 } });
  text.value = Array.isArray(value) ? value.join(", ") : value;
  const parts = (): string[] => text.value.split(",").map((part) => part.trim());
  return {
    label: label(text),
    value: () => (Array.isArray(value) ? parts().filter(Boolean) : text.value.trim()),
  };
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
  const ask = (what: string, given: Record<string, unknown> = {}): void => {
    link.request(what, given, [], 300).then(
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

  // The options of reading: what was guessed can be said here, and the input is read again.
  const form = el("details", { attr: { "data-testid": "rt-reading" } });
  const drawReading = (): void => {
    empty(form);
    const fields = ((model.get("reading") as Option[]) ?? []).map((option) => ({
      name: option.name,
      ...field(option),
    }));
    form.hidden = !fields.length;
    if (form.hidden) return;
    const again = el("button", {
      text: "read again",
      attr: { type: "button", "data-testid": "rt-read" },
      on: {
        click: () =>
          ask("read", { words: Object.fromEntries(fields.map((f) => [f.name, f.value()])) }),
      },
    });
    form.append(
      el("summary", { text: "how the input is read" }),
      el("div", { class: "rt-bar" }, ...fields.map((f) => f.label), again),
    );
  };

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
    form,
    el("div", { class: "rt-bar" }, start, cancel),
    bar,
    line,
    log,
    result,
  );
  link.watch("reading", drawReading);
  link.watch("state", drawState);
  link.watch("checks", drawLists);
  link.watch("warnings", drawLists);
  link.watch("result", drawResult);
  drawReading();
  drawState();
  drawLists();
  drawResult();
  return () => {
    link.close();
    box.root.remove();
  };
}

export default { render };
