// Generated from widgets/src by widgets/build.mjs; do not edit.

// src/dom.ts
var UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
var MAX_LABEL = 40;
function clean(text) {
  return String(text).slice(0, 400).replace(UNSAFE, "�");
}
function short(text, most = MAX_LABEL) {
  const whole = Array.from(clean(text));
  return whole.length > most ? whole.slice(0, most - 1).join("") + "…" : whole.join("");
}
function words(name) {
  return clean(name).replace(/_/g, " ");
}
function finish(node, options, children) {
  if (options.class) node.setAttribute("class", options.class);
  for (const [name, value] of Object.entries(options.attr ?? {})) node.setAttribute(name, String(value));
  for (const [name, listener] of Object.entries(options.on ?? {})) node.addEventListener(name, listener);
  if (options.text !== void 0) node.textContent = options.text;
  for (const child of children) if (child !== null) node.append(child);
  return node;
}
var FOCUSABLE = /* @__PURE__ */ new Set(["button", "input", "select", "summary", "textarea"]);
function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  if (options.title) node.title = clean(options.title);
  if (FOCUSABLE.has(tag) || options.attr?.tabindex !== void 0) node.setAttribute("data-lm-suppress-shortcuts", "true");
  return finish(node, options, children);
}
function empty(node) {
  node.replaceChildren();
}
function number(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  const text = value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}
function grouped(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, " ");
}
function table(caption, head, rows) {
  const cell = (value) => typeof value === "number" ? el("td", { class: "rt-n", text: grouped(value) }) : el("td", { text: short(value, 80), title: value });
  return el(
    "table",
    {},
    el("caption", { text: caption }),
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { text, attr: { scope: "col" } })))),
    el("tbody", {}, ...rows.map((row) => el("tr", { ...row.mark ? { class: "rt-mark" } : {}, ...row.title ? { title: row.title } : {} }, ...row.cells.map(cell))))
  );
}

// src/theme.ts
var STYLE = `
.rt { --rt-paper: var(--jp-layout-color0, var(--vscode-editor-background, var(--rt-host-paper, Canvas)));
  --rt-ink: var(--jp-content-font-color1, var(--vscode-editor-foreground, var(--rt-host-ink, CanvasText)));
  --rt-line: color-mix(in srgb, var(--rt-ink) 28%, var(--rt-paper)); --rt-soft: color-mix(in srgb, var(--rt-ink) 78%, var(--rt-paper));
  --rt-fill: color-mix(in srgb, var(--rt-ink) 7%, var(--rt-paper)); --rt-mark: #0072B2;
  font: 13px/1.4 system-ui, sans-serif; color: var(--rt-ink); background: var(--rt-paper); padding: 8px; text-align: left; container-type: inline-size; }
.rt *, .rt *::before { box-sizing: border-box; }
.rt h3 { font-size: 13px; font-weight: 650; margin: 0 0 4px; color: var(--rt-ink); } .rt p { margin: 2px 0; }
.rt .rt-head { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; margin-bottom: 6px; } .rt .rt-soft { color: var(--rt-soft); }
.rt .rt-banner { border: 2px solid #D55E00; padding: 3px 8px; font-weight: 600; margin: 4px 0; }
.rt .rt-grid { display: grid; grid-template-columns: minmax(0, 1.1fr) minmax(0, 1fr); gap: 10px 16px; align-items: start; }
@container (max-width: 700px) { .rt .rt-grid { grid-template-columns: minmax(0, 1fr); } }
.rt .rt-bar { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; margin-bottom: 4px; }
.rt button, .rt select, .rt input[type=text], .rt input[type=number] { font: inherit; color: var(--rt-ink); background: var(--rt-paper); border: 1px solid var(--rt-line); border-radius: 4px; padding: 2px 7px; min-height: 26px; max-width: 100%; }
.rt button { cursor: pointer; } .rt button:hover { background: var(--rt-fill); } .rt button[aria-pressed=true], .rt button[aria-selected=true] { border-color: var(--rt-mark); box-shadow: inset 0 -2px 0 var(--rt-mark); font-weight: 600; }
.rt button:disabled { opacity: .55; cursor: default; }
.rt :focus-visible { outline: 2px solid #56B4E9; outline-offset: 1px; }
.rt canvas { display: block; width: 100%; touch-action: none; border: 1px solid var(--rt-line); cursor: crosshair; }
.rt .rt-over { position: relative; } .rt .rt-over svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
.rt .rt-legend { display: flex; flex-wrap: wrap; gap: 2px 6px; margin: 6px 0 0; padding: 0; list-style: none; } .rt .rt-legend li { display: flex; align-items: center; gap: 2px; margin: 0; }
.rt .rt-chip { width: 12px; height: 12px; border-radius: 3px; display: inline-block; border: 1px solid var(--rt-line); flex: none; margin-right: 4px; }
.rt .rt-legend button { display: inline-flex; align-items: center; max-width: 26em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .rt .rt-legend button[aria-pressed=false] .rt-chip { background: transparent !important; } .rt .rt-legend button[aria-pressed=false] { color: var(--rt-soft); text-decoration: line-through; }
.rt .rt-cuts { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 6px 14px; margin: 4px 0; } .rt .rt-cuts > div { min-width: 0; display: flex; flex-direction: column; justify-content: flex-end; }
.rt .rt-thr { display: grid; grid-template-columns: minmax(0, 1fr) 5.2em 2.2em; gap: 0 6px; align-items: center; } .rt .rt-cuts label { color: var(--rt-soft); font-size: 12px; line-height: 1.25; overflow-wrap: anywhere; } .rt .rt-cuts label b { color: var(--rt-ink); }
.rt .rt-thr input[type=range] { width: 100%; margin: 2px 0; accent-color: var(--rt-mark); }
.rt svg text { fill: var(--rt-ink); font: 11px system-ui, sans-serif; } .rt svg .rt-soft { fill: var(--rt-soft); }
.rt .rt-scroll { overflow: auto; max-height: 300px; } .rt table { border-collapse: collapse; width: 100%; font-size: 12px; background: var(--rt-paper); color: var(--rt-ink); margin: 0; } .rt caption { text-align: left; color: var(--rt-soft); padding: 2px 0; }
.rt th, .rt td { text-align: left; padding: 1px 6px; border-bottom: 1px solid var(--rt-line); overflow-wrap: anywhere; background: var(--rt-paper); color: var(--rt-ink); } .rt .rt-n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.rt th { overflow-wrap: normal; }
.rt .rt-mark td { font-weight: 650; } .rt .rt-mark td:first-child { box-shadow: inset 3px 0 0 var(--rt-mark); }
.rt .rt-alert { border: 1px solid #D55E00; padding: 3px 8px; margin: 4px 0; } .rt .rt-alert:empty { display: none; }
.rt section { border-top: 1px solid var(--rt-line); padding: 6px 0 2px; min-width: 0; } .rt .rt-pair { cursor: pointer; }
.rt progress { width: 100%; height: 14px; accent-color: var(--rt-mark); }
.rt .rt-hide { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) { .rt * { transition: none !important; } }
`;

// src/frame.ts
function frame(host, label) {
  const alert = el("div", { class: "rt-alert", attr: { role: "alert" } });
  const status = el("div", { class: "rt-hide", attr: { role: "status", "aria-live": "polite" } });
  const body = el("div", {});
  const root = el("div", { class: "rt", attr: { role: "group", "aria-label": label, "data-lm-suppress-shortcuts": "true" } }, el("style", { text: STYLE }), alert, body, status);
  for (const name of ["keydown", "keyup", "keypress"]) root.addEventListener(name, (event) => event.stopPropagation());
  host.append(root);
  let timer;
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
    }
  };
}

// src/model.ts
var Link = class {
  constructor(model) {
    this.model = model;
    this.waiting = /* @__PURE__ */ new Map();
    this.counter = 0;
    this.mine = /* @__PURE__ */ new Map();
    this.listeners = [];
    this.base = Math.random().toString(36).slice(2, 10);
    this.listen("msg:custom", ((content, buffers) => this.receive(content, buffers)));
  }
  listen(name, listener) {
    this.model.on(name, listener);
    this.listeners.push([name, listener]);
  }
  receive(content, buffers) {
    const message = content;
    const waiting = message?.id ? this.waiting.get(message.id) : void 0;
    if (!message?.id || !waiting) return;
    this.waiting.delete(message.id);
    clearTimeout(waiting.timer);
    const views = (Array.isArray(buffers) ? buffers : []).map(asView);
    if (message.error) waiting.reject(new Error(message.error));
    else waiting.resolve({ content: message, buffers: views });
  }
  request(what, given = {}, buffers = [], seconds = 120) {
    const id = `${this.base}-${++this.counter}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`no answer from Python in ${seconds} s; is the kernel busy or stopped?`));
      }, seconds * 1e3);
      this.waiting.set(id, { resolve, reject, timer });
      this.model.send({ id, what, ...given }, void 0, buffers.map((one) => one.slice().buffer));
    });
  }
  // Sends a trait; its own echo is known when it comes back.
  push(name, value) {
    this.mine.set(name, print(value));
    this.model.set(name, value);
    this.model.save_changes();
  }
  // Calls back when Python changes a trait, not when one's own change comes back.
  watch(name, listener) {
    this.listen(`change:${name}`, (() => {
      const value = this.model.get(name);
      if (this.mine.get(name) === print(value)) return;
      this.mine.delete(name);
      listener(value);
    }));
  }
  close() {
    for (const [name, listener] of this.listeners) this.model.off(name, listener);
    for (const waiting of this.waiting.values()) clearTimeout(waiting.timer);
    this.waiting.clear();
  }
};
function asView(buffer) {
  if (buffer instanceof DataView) return buffer;
  if (buffer instanceof ArrayBuffer) return new DataView(buffer);
  const view = buffer;
  return new DataView(view.buffer, view.byteOffset, view.byteLength);
}
function print(value) {
  if (value instanceof DataView) return Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)).join();
  if (value && typeof value === "object" && !Array.isArray(value)) {
    return `{${Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => `${k}:${print(v)}`).join()}}`;
  }
  return JSON.stringify(value) ?? "undefined";
}

// src/runner.ts
function clock(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  return seconds < 90 ? `${Math.max(0, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
function render({ model, el: host }) {
  const box = frame(host, "resistype runner");
  const link = new Link(model);
  const title = el("strong", { text: String(model.get("title")) });
  const summary = el("div", {}), log = el("div", { attr: { "data-testid": "rt-log" } }), result = el("div", { class: "rt-scroll", attr: { tabindex: 0, role: "region", "aria-label": "result", "data-testid": "rt-result" } });
  const bar = el("progress", { attr: { max: 1, value: 0, "aria-label": "progress" } });
  const line = el("p", { attr: { "data-testid": "rt-progress" } });
  const ask = (what) => {
    link.request(what, {}, [], 20).then(() => box.alert(""), (error) => box.alert(error.message));
  };
  const start = el("button", { text: "start", attr: { type: "button", "data-testid": "rt-start" }, on: { click: () => ask("start") } });
  const cancel = el("button", { text: "cancel", attr: { type: "button", "data-testid": "rt-cancel" }, on: { click: () => ask("cancel") } });
  const drawState = () => {
    const state = model.get("state");
    const running = state.phase === "running" || state.phase === "cancelling";
    start.disabled = running;
    cancel.disabled = state.phase !== "running";
    bar.value = state.total ? state.done / state.total : state.phase === "done" ? 1 : 0;
    const rate = state.seconds > 0 ? state.done / state.seconds : NaN;
    const left = running && rate > 0 ? `, ${number(rate, 2)} a second, ${clock((state.total - state.done) / rate)} left` : "";
    line.textContent = `${words(state.phase)}${state.total ? `: ${state.done} of ${state.total}` : ""}${left}${state.text ? `. ${state.text}` : ""}`;
    box.status(line.textContent);
  };
  const drawLists = () => {
    empty(summary);
    empty(log);
    for (const text of model.get("checks") ?? []) summary.append(el("p", { text }));
    for (const text of model.get("warnings") ?? []) log.append(el("p", { text: `⚠ ${text}` }));
  };
  const drawResult = () => {
    empty(result);
    const found = model.get("result");
    if (found && found.head.length) result.append(table(found.caption, found.head, found.rows.map((cells) => ({ cells }))));
  };
  box.body.append(el("div", { class: "rt-head" }, title, el("span", { class: "rt-soft", text: "Research use only." })), summary, el("div", { class: "rt-bar" }, start, cancel), bar, line, log, result);
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
var runner_default = { render };
export {
  runner_default as default
};
