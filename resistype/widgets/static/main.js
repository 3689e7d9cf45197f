// Generated from widgets/src by widgets/build.mjs; do not edit.

// src/dom.ts
var SVG = "http://www.w3.org/2000/svg";
var UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
var MAX_LABEL = 40;
function clean(text, most = 400) {
  return String(text).slice(0, most).replace(UNSAFE, "�");
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
  for (const [name, value2] of Object.entries(options.attr ?? {}))
    node.setAttribute(name, String(value2));
  for (const [name, listener] of Object.entries(options.on ?? {}))
    node.addEventListener(name, listener);
  if (options.text !== void 0) node.textContent = options.text;
  for (const child of children) if (child !== null) node.append(child);
  return node;
}
var FOCUSABLE = /* @__PURE__ */ new Set(["button", "input", "select", "summary", "textarea"]);
function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  if (options.title) node.title = clean(options.title);
  if (FOCUSABLE.has(tag) || options.attr?.tabindex !== void 0)
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  return finish(node, options, children);
}
function svg(tag, options = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  finish(node, options, children);
  if (options.title) {
    const title2 = document.createElementNS(SVG, "title");
    title2.textContent = clean(options.title);
    node.prepend(title2);
  }
  return node;
}
function empty(node) {
  node.replaceChildren();
}
function number(value2, digits = 3) {
  if (!Number.isFinite(value2)) return "–";
  const text = value2 !== 0 && (Math.abs(value2) < 1e-3 || Math.abs(value2) >= 1e5) ? value2.toExponential(digits - 1) : String(Number(value2.toPrecision(digits)));
  return text.replace("-", "−");
}
function grouped(n) {
  if (Number.isNaN(n)) return "…";
  return String(n).replace(/\B(?=(\d{3})+$)/g, " ");
}
function table(caption, head2, rows) {
  const cell = (value2) => typeof value2 === "number" ? el("td", { class: "rt-n", text: grouped(value2) }) : el("td", {
    ...value2.length < 17 ? { class: "rt-fit" } : {},
    text: short(value2, 80),
    title: value2
  });
  return el(
    "table",
    {},
    el("caption", { text: clean(caption) }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ...head2.map(
          (text, i) => el("th", {
            ...typeof rows[0]?.cells[i] === "number" ? { class: "rt-n" } : {},
            text: short(text, 80),
            attr: { scope: "col" }
          })
        )
      )
    ),
    el(
      "tbody",
      {},
      ...rows.map(
        (row) => el(
          "tr",
          { ...row.mark ? { class: "rt-mark" } : {}, ...row.title ? { title: row.title } : {} },
          ...row.cells.map(cell)
        )
      )
    )
  );
}

// src/compare/pictures.ts
function matrix(axis, caption, chosen, choose2) {
  const labels = axis.labels.map(words);
  const cell = (n, i, j) => {
    const key = `${i}-${j}`, td = el("td", { class: "rt-n" });
    if (n) {
      const button2 = el("button", {
        text: grouped(n),
        attr: {
          type: "button",
          "data-key": key,
          "aria-pressed": String(chosen === key),
          "aria-label": `${n}: ${labels[i]} | ${labels[j]}`
        },
        on: { click: () => choose2(key) }
      });
      const share = 42 * n / axis.counts[i].reduce((a, b) => a + b);
      button2.style.background = `color-mix(in srgb, var(--rt-mark) ${share}%, var(--rt-paper))`;
      td.append(button2);
    }
    return td;
  };
  const head2 = (text, scope) => el("th", { text: short(text, 30), title: text, attr: { scope } });
  return el(
    "table",
    { attr: { "data-testid": "rt-matrix" } },
    el("caption", { text: caption }),
    el("tr", {}, el("td"), ...labels.map((name) => head2(name, "col"))),
    ...labels.map(
      (name, i) => el("tr", {}, head2(name, "row"), ...axis.counts[i].map((n, j) => cell(n, i, j)))
    )
  );
}
function flow(axis) {
  return svg(
    "svg",
    {
      attr: {
        viewBox: "0 0 600 280",
        width: "100%",
        role: "img",
        "data-testid": "rt-flow",
        "aria-label": "Flow between the two sides; the counts say the same."
      }
    },
    ...axis.bands.map(
      ([d, stroke, width, opacity, title2]) => svg("path", {
        title: title2,
        attr: { d, stroke, fill: "none", "stroke-width": width, "stroke-opacity": opacity }
      })
    ),
    ...axis.bars.map(
      ([x, y, height, fill]) => svg("rect", { attr: { x, y, height, fill, width: 6 } })
    ),
    ...axis.texts.map(
      ([x, y, anchor, text]) => svg("text", { title: text, attr: { x, y, "text-anchor": anchor } }, short(text, 30))
    )
  );
}

// src/theme.css
var theme_default = '/* Style of all widgets. Colours come from the host (JupyterLab, VS Code, marimo) and fall back to\n   those of the system. */\n.rt {\n  --rt-paper: var(\n    --jp-layout-color0,\n    var(--vscode-editor-background, var(--rt-host-paper, Canvas))\n  );\n  --rt-ink: var(\n    --jp-content-font-color1,\n    var(--vscode-editor-foreground, var(--rt-host-ink, CanvasText))\n  );\n  --rt-line: color-mix(in srgb, var(--rt-ink) 28%, var(--rt-paper));\n  --rt-soft: color-mix(in srgb, var(--rt-ink) 78%, var(--rt-paper));\n  --rt-fill: color-mix(in srgb, var(--rt-ink) 7%, var(--rt-paper));\n  --rt-mark: #0072b2;\n  font:\n    13px/1.4 system-ui,\n    sans-serif;\n  color: var(--rt-ink);\n  background: var(--rt-paper);\n  padding: 8px;\n  text-align: left;\n  container-type: inline-size;\n}\n.rt *,\n.rt *::before {\n  box-sizing: border-box;\n}\n.rt h3 {\n  font-size: 13px;\n  font-weight: 650;\n  margin: 0 0 4px;\n  color: var(--rt-ink);\n}\n.rt p {\n  margin: 2px 0;\n  overflow-wrap: anywhere;\n}\n.rt .rt-head {\n  display: flex;\n  flex-wrap: wrap;\n  gap: 4px 14px;\n  align-items: baseline;\n  margin-bottom: 6px;\n}\n.rt .rt-soft {\n  color: var(--rt-soft);\n}\n.rt .rt-banner {\n  border: 2px solid #d55e00;\n  padding: 3px 8px;\n  font-weight: 600;\n  margin: 4px 0;\n}\n.rt .rt-grid {\n  display: grid;\n  grid-template-columns: minmax(0, 1.1fr) minmax(0, 1fr);\n  gap: 10px 16px;\n  align-items: start;\n}\n.rt .rt-desk {\n  grid-template-columns: minmax(0, 1.7fr) minmax(0, 1fr);\n}\n@container (max-width: 700px) {\n  .rt .rt-grid {\n    grid-template-columns: minmax(0, 1fr);\n  }\n}\n.rt .rt-bar {\n  display: flex;\n  flex-wrap: wrap;\n  gap: 4px 8px;\n  align-items: center;\n  margin-bottom: 4px;\n}\n.rt button,\n.rt select,\n.rt input[type="text"],\n.rt input[type="number"],\n.rt textarea {\n  font: inherit;\n  color: var(--rt-ink);\n  background: var(--rt-paper);\n  border: 1px solid var(--rt-line);\n  border-radius: 4px;\n  padding: 2px 7px;\n  min-height: 26px;\n  max-width: 100%;\n}\n.rt .rt-bar .rt-bar {\n  margin: 0;\n}\n.rt .rt-bar select {\n  max-width: 15em;\n}\n.rt button {\n  cursor: pointer;\n}\n.rt button:hover {\n  background: var(--rt-fill);\n}\n.rt button[aria-pressed="true"],\n.rt button[aria-selected="true"] {\n  border-color: var(--rt-mark);\n  box-shadow: inset 0 -2px 0 var(--rt-mark);\n  font-weight: 600;\n}\n.rt button:disabled {\n  opacity: 0.55;\n  cursor: default;\n}\n.rt :focus-visible {\n  outline: 2px solid #56b4e9;\n  outline-offset: 1px;\n}\n.rt canvas {\n  display: block;\n  width: 100%;\n  touch-action: none;\n  border: 1px solid var(--rt-line);\n  cursor: crosshair;\n}\n.rt .rt-over {\n  position: relative;\n}\n.rt .rt-over svg {\n  position: absolute;\n  inset: 0;\n  width: 100%;\n  height: 100%;\n  pointer-events: none;\n}\n.rt .rt-legend {\n  display: flex;\n  flex-wrap: wrap;\n  gap: 2px 6px;\n  margin: 6px 0 0;\n  padding: 0;\n  list-style: none;\n}\n.rt .rt-legend li {\n  display: flex;\n  align-items: center;\n  gap: 2px;\n  margin: 0;\n}\n.rt .rt-chip {\n  width: 12px;\n  height: 12px;\n  border-radius: 3px;\n  display: inline-block;\n  border: 1px solid var(--rt-line);\n  flex: none;\n  margin-right: 4px;\n}\n.rt .rt-legend button {\n  display: inline-flex;\n  align-items: center;\n  max-width: 26em;\n  white-space: nowrap;\n}\n.rt .rt-cut {\n  overflow: hidden;\n  text-overflow: ellipsis;\n  margin-right: 4px;\n}\n.rt .rt-legend button[aria-pressed="false"] .rt-chip {\n  background: transparent !important;\n}\n.rt .rt-legend button[aria-pressed="false"] {\n  color: var(--rt-soft);\n  text-decoration: line-through;\n}\n.rt .rt-cuts {\n  display: grid;\n  grid-template-columns: repeat(auto-fill, minmax(200px, 1fr));\n  gap: 6px 14px;\n  margin: 4px 0;\n}\n.rt .rt-cuts > div {\n  min-width: 0;\n  display: flex;\n  flex-direction: column;\n  justify-content: flex-end;\n}\n.rt .rt-thr {\n  display: grid;\n  grid-template-columns: minmax(0, 1fr) 5.2em 2.2em;\n  gap: 0 6px;\n  align-items: center;\n}\n.rt .rt-cuts label {\n  color: var(--rt-soft);\n  font-size: 12px;\n  line-height: 1.25;\n  overflow-wrap: anywhere;\n}\n.rt .rt-cuts label b {\n  color: var(--rt-ink);\n}\n.rt .rt-thr input[type="range"] {\n  width: 100%;\n  margin: 2px 0;\n  accent-color: var(--rt-mark);\n}\n.rt svg text {\n  fill: var(--rt-ink);\n  font:\n    11px system-ui,\n    sans-serif;\n}\n.rt svg .rt-soft {\n  fill: var(--rt-soft);\n}\n.rt .rt-scroll {\n  overflow: auto;\n  max-height: 300px;\n}\n.rt table {\n  border-collapse: collapse;\n  width: 100%;\n  font-size: 12px;\n  background: var(--rt-paper);\n  color: var(--rt-ink);\n  margin: 0;\n}\n.rt caption {\n  text-align: left;\n  color: var(--rt-soft);\n  padding: 2px 0;\n}\n.rt th,\n.rt td {\n  text-align: left;\n  padding: 1px 6px;\n  border-bottom: 1px solid var(--rt-line);\n  overflow-wrap: anywhere;\n  background: var(--rt-paper);\n  color: var(--rt-ink);\n}\n.rt .rt-n {\n  text-align: right;\n  font-variant-numeric: tabular-nums;\n  white-space: nowrap;\n}\n.rt th {\n  overflow-wrap: normal;\n}\n.rt .rt-fit {\n  white-space: nowrap;\n}\n.rt .rt-mark td {\n  font-weight: 650;\n}\n.rt .rt-mark td:first-child {\n  box-shadow: inset 3px 0 0 var(--rt-mark);\n}\n.rt .rt-alert {\n  border: 1px solid #d55e00;\n  padding: 3px 8px;\n  margin: 4px 0;\n}\n.rt .rt-alert:empty {\n  display: none;\n}\n.rt section {\n  border-top: 1px solid var(--rt-line);\n  margin-top: 6px;\n  padding: 6px 0 2px;\n  min-width: 0;\n}\n.rt .rt-pair {\n  cursor: pointer;\n}\n.rt [aria-busy="true"] {\n  opacity: 0.45;\n}\n.rt progress {\n  width: 100%;\n  height: 14px;\n  accent-color: var(--rt-mark);\n}\n.rt .rt-hide {\n  position: absolute;\n  width: 1px;\n  height: 1px;\n  overflow: hidden;\n  clip-path: inset(50%);\n  white-space: nowrap;\n}\n.rt .rt-sheet {\n  max-height: 480px;\n}\n.rt .rt-sheet td,\n.rt .rt-sheet th {\n  padding: 1px 2px;\n}\n.rt .rt-sheet :is(input, select) {\n  padding: 2px;\n}\n.rt .rt-sheet thead {\n  position: sticky;\n  top: 0;\n  z-index: 1;\n}\n.rt [aria-invalid] {\n  border-color: #d55e00;\n}\n.rt textarea,\n.rt .rt-cuts label :is(input, select) {\n  width: 100%;\n}\n@media (prefers-reduced-motion: reduce) {\n  .rt * {\n    transition: none !important;\n  }\n}\n';

// src/frame.ts
function frame(host, label2) {
  const alert = el("div", { class: "rt-alert", attr: { role: "alert" } });
  const status = el("div", { class: "rt-hide", attr: { role: "status", "aria-live": "polite" } });
  const body = el("div", {});
  const root = el(
    "div",
    {
      class: "rt",
      attr: { role: "group", "aria-label": label2, "data-lm-suppress-shortcuts": "true" }
    },
    el("style", { text: theme_default }),
    alert,
    body,
    status
  );
  for (const name of ["keydown", "keyup", "keypress"])
    root.addEventListener(name, (event) => event.stopPropagation());
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
    this.base = `v${Math.random().toString(36).slice(2, 10)}`;
    this.changes = 0;
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
      this.model.send(
        { id, what, after: this.changes ? { [this.base]: this.changes } : {}, ...given },
        void 0,
        buffers.map((one) => one.slice().buffer)
      );
    });
  }
  // Sends a trait; its own echo is known when it comes back.
  push(name, value2) {
    this.mine.set(name, print(value2));
    this.model.set(name, value2);
    this.model.set("_sent", {
      ...this.model.get("_sent"),
      [this.base]: ++this.changes
    });
    this.model.save_changes();
  }
  // Calls back when Python changes a trait, not when one's own change comes back.
  watch(name, listener) {
    this.listen(`change:${name}`, (() => {
      const value2 = this.model.get(name);
      if (this.mine.get(name) === print(value2)) return;
      this.mine.delete(name);
      listener(value2);
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
function copied(view) {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}
function print(value2) {
  if (value2 instanceof DataView)
    return Array.from(new Uint8Array(value2.buffer, value2.byteOffset, value2.byteLength)).join();
  if (value2 && typeof value2 === "object" && !Array.isArray(value2)) {
    return `{${Object.entries(value2).sort(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => `${k}:${print(v)}`).join()}}`;
  }
  return JSON.stringify(value2) ?? "undefined";
}
function debounce(wait, act) {
  let timer;
  const run = () => {
    timer = void 0;
    act();
  };
  return Object.assign(
    () => {
      clearTimeout(timer);
      timer = setTimeout(run, wait);
    },
    {
      now: () => {
        if (timer !== void 0) {
          clearTimeout(timer);
          run();
        }
      }
    }
  );
}

// src/compare.ts
var MOST = 500;
var region = (label2, id) => el("div", {
  class: "rt-scroll",
  attr: { tabindex: 0, role: "region", "aria-label": label2, "data-testid": id }
});
function show(spec, link, box) {
  const { axes, heads } = spec;
  let at = 0, chosen = "";
  const tabs2 = axes.map(
    (axis, i) => el("button", {
      text: short(axis.title, 34),
      title: axis.title,
      attr: { type: "button", "data-testid": `rt-axis-${i}` },
      on: {
        click: () => {
          link.push("axis", axis.id);
          turn(i);
        }
      }
    })
  );
  const facts = el("div", { attr: { "data-testid": "rt-kappa" } }), counts = region("counts", "rt-counts"), picture = el("div", {});
  const numbers = region("shift of the numbers", "rt-shift"), list = region("changed samples", "rt-changes"), genes = region("genes", "rt-genes");
  const all = el("button", {
    text: "all changed samples",
    attr: { type: "button", "data-testid": "rt-all" },
    on: { click: () => choose2("") }
  });
  const askGenes = (change) => {
    genes.textContent = "asking Python …";
    link.request("genes", { change }).then(
      ({ content }) => {
        empty(genes);
        genes.append(
          table(
            content.caption,
            content.head,
            content.rows.map((cells) => ({ mark: !cells[1], cells }))
          )
        );
      },
      (error) => {
        genes.textContent = error.message;
      }
    );
  };
  const choose2 = (cell) => {
    const axis = axes[at], rows = axis.changes.filter((one) => !cell || one.cell === cell).slice(0, MOST);
    chosen = cell;
    empty(counts);
    counts.append(matrix(axis, heads.matrix, chosen, choose2));
    counts.querySelector(`[data-key="${cell}"]`)?.focus();
    const made = table(`${rows.length} of ${axis.n_changes} changed samples`, heads.changes, rows);
    rows.forEach(
      (one, i) => made.tBodies[0].rows[i].append(
        el("td", { text: clean(one.why) }),
        el(
          "td",
          { class: "rt-fit" },
          one.genes ? el("button", {
            text: "genes",
            title: one.cells[0],
            attr: { type: "button" },
            on: { click: () => askGenes(one.at) }
          }) : "–"
        )
      )
    );
    empty(list);
    list.append(made);
    box.status(`${axis.title}: ${axis.lines[0]}; ${rows.length} changed samples`);
  };
  const turn = (i) => {
    const axis = axes[at = i];
    tabs2.forEach((tab, k) => tab.setAttribute("aria-pressed", String(k === i)));
    [facts, picture, numbers, genes].forEach(empty);
    facts.append(...axis.lines.map((text) => el("p", { text })));
    picture.append(flow(axis));
    if (axis.shift.length)
      numbers.append(
        table(
          "Shift: second minus first, median and quartiles over the samples",
          heads.shift,
          axis.shift.map((cells) => ({ cells }))
        )
      );
    choose2("");
  };
  const follow = (value2) => turn(
    Math.max(
      0,
      axes.findIndex((axis) => axis.id === value2)
    )
  );
  empty(box.body);
  box.body.append(
    el(
      "div",
      { class: "rt-head" },
      el("strong", { text: short(spec.title, 90) }),
      el("span", { class: "rt-soft", text: "Research use only; nothing here predicts response." })
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
        spec.differences.map((cells) => ({ cells }))
      )
    ),
    el("div", { class: "rt-bar" }, ...tabs2),
    facts,
    el("div", { class: "rt-grid" }, el("div", {}, counts, picture), numbers),
    el(
      "section",
      {},
      el("div", { class: "rt-bar" }, el("h3", { text: "Whose label changes, and why" }), all),
      list,
      genes
    )
  );
  link.watch("axis", follow);
  follow(link.model.get("axis"));
}
function render({ model, el: host }) {
  const box = frame(host, "resistype compare");
  const link = new Link(model);
  link.request("data").then((answer) => show(answer.content.spec, link, box)).catch((error) => box.alert(error.message));
  return () => {
    link.close();
    box.root.remove();
  };
}
var compare_default = { render };

// src/curator/parts.ts
function button(text, act, key, title2 = "") {
  return el("button", {
    text: short(text, 60),
    ...title2 ? { title: title2 } : {},
    attr: { type: "button", "data-testid": `rt-${key}` },
    on: { click: act }
  });
}
function choose(label2, options, value2, act, key) {
  const node = el(
    "select",
    { attr: { "aria-label": label2, "data-testid": `rt-${key}` } },
    ...options.map((one) => el("option", { text: short(one, 40) || "–", attr: { value: one } }))
  );
  node.value = value2;
  node.addEventListener("change", () => act(node.value));
  return node;
}
function typed(label2, value2, act, key) {
  const node = el("input", {
    attr: { type: "text", "aria-label": label2, value: value2, "data-testid": `rt-${key}` }
  });
  node.addEventListener("change", () => {
    if (node.value !== node.defaultValue) act(node.value);
  });
  return node;
}
function redraw(node, children) {
  const active = node.getRootNode().activeElement;
  const key = active && node.contains(active) ? active.dataset.testid ?? "" : null;
  const pending = active?.tagName === "INPUT" && active.value !== active.defaultValue ? active.value : null;
  const top = node.scrollTop;
  node.replaceChildren(...children.filter((one) => one !== null));
  node.scrollTop = top;
  if (key === null) return;
  const find = (name) => node.querySelector(`[data-testid="${CSS.escape(name)}"]`);
  const again = find(key) ?? find(`rt-name-${key.split("-")[2]}`) ?? node;
  if (pending !== null && again.defaultValue !== pending) again.value = pending;
  again.focus({ preventScroll: true });
}
var title = (text) => el("h3", { text });
var region2 = (label2, kind = "", ...children) => el(
  "div",
  {
    class: `rt-scroll ${kind}`,
    attr: { tabindex: 0, role: "region", "aria-label": label2, "data-testid": kind }
  },
  ...children
);

// src/curator/add.ts
function value(label2, start2, key) {
  const input = el("input", {
    attr: {
      type: "number",
      step: "any",
      min: 0,
      value: start2,
      "aria-label": label2,
      "data-testid": `rt-${key}`
    }
  });
  input.style.width = "5em";
  return {
    node: el("label", {}, `${label2} `, input),
    read: () => Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : start2
  };
}
function add(act, alert) {
  const text = el("textarea", {
    attr: {
      rows: 3,
      "aria-label": "genes to add",
      placeholder: "type or paste genes; a second column holds weights",
      "data-testid": "rt-paste"
    }
  });
  const side = choose("direction", ["up", "down"], "up", () => void 0, "add-side");
  const go = button(
    "add",
    () => {
      if (text.value.trim()) act("add", text.value, side.value);
      text.value = "";
    },
    "add"
  );
  const file = el("input", {
    attr: {
      type: "file",
      accept: ".toml,.gmt,.json,.csv,.tsv,.txt",
      "aria-label": "file of genes",
      "data-testid": "rt-file"
    }
  });
  const effect = value("effect ≥", 1, "effect"), fdr = value("fdr ≤", 0.05, "fdr"), top = value("at most", 50, "top");
  const down = el("input", { attr: { type: "checkbox", "data-testid": "rt-down" } });
  const numbers = () => [
    effect.read(),
    fdr.read(),
    Math.round(top.read()),
    down.checked
  ];
  file.addEventListener("change", () => {
    const one = file.files?.[0];
    if (!one) return;
    if (one.size > 2 ** 21) alert(`${short(one.name)} has more than 2 MB.`);
    else void one.text().then((content) => act("file", one.name, content, ...numbers()));
    file.value = "";
  });
  const groups = el("div", { class: "rt-bar" }), chosen = el("div", { class: "rt-bar" });
  let last = "";
  const draw = (view) => {
    chosen.replaceChildren();
    if (view.selected >= 0) {
      const take = button(
        `driver genes of the selection (${view.selected})`,
        () => act("drivers", ...numbers()),
        "drivers"
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
    const a = choose("case", names, names[0], () => void 0, "case"), b = choose("control", names, names[1], () => void 0, "control");
    groups.append(
      short(view.by, 20),
      a,
      "against",
      b,
      button(
        "add the genes that differ",
        () => act("contrast", view.by, a.value, b.value, ...numbers()),
        "contrast"
      )
    );
  };
  const filters = el(
    "div",
    { class: "rt-bar" },
    effect.node,
    fdr.node,
    top.node,
    el("label", {}, down, " also genes down")
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
        chosen
      )
    ),
    draw
  };
}

// src/curator/sheet.ts
var MOST2 = 300;
var ORDERS = ["as listed", "to mend first", "fitting least first"];
function build(row, act, width, print2) {
  const about = short(row.name, 20), edit = (field3) => (value2) => act("edit", row.key, field3, value2);
  const field2 = (name, size) => {
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
    `side-${row.key}`
  );
  const out = button("×", () => act("remove", row.key), `out-${row.key}`, "remove");
  out.setAttribute("aria-label", `take ${about} away`);
  const figures = Array.from({ length: width - 6 }, () => el("td", { class: "rt-n" }));
  const line = el(
    "tr",
    row.bad ? { class: "rt-mark" } : {},
    field2("name", 8),
    el("td", {}, side),
    field2("weight", 3),
    field2("citation", 7),
    field2("note", 11),
    ...figures,
    el("td", {}, out)
  );
  if (!row.said.length) return { print: print2, nodes: [line], figures };
  const said = el(
    "td",
    { attr: { colspan: width } },
    ...row.said.map((text) => el("p", { text })),
    el(
      "div",
      { class: "rt-bar" },
      ...row.mends.map(
        ([code, label2], i) => button(label2, () => act("mend", row.key, code, label2), `mend-${row.key}-${i}`)
      )
    )
  );
  return { print: print2, nodes: [line, el("tr", {}, said)], figures };
}
function arranged(rows, order, wanted) {
  const found = rows.filter((row) => row.name.toLowerCase().includes(wanted.trim().toLowerCase()));
  if (order === ORDERS[1]) found.sort((a, b) => +!a.said.length - +!b.said.length);
  if (order === ORDERS[2]) found.sort((a, b) => (a.cells[2] ?? 9) - (b.cells[2] ?? 9));
  return found;
}
function sheet(act) {
  let seen = null, order = ORDERS[1];
  const find = el("input", {
    attr: {
      type: "text",
      "aria-label": "find genes",
      placeholder: "find",
      size: 8,
      "data-testid": "rt-filter"
    }
  });
  const box = region2("genes", "rt-sheet");
  const kept = /* @__PURE__ */ new Map();
  const nodes = (row, width) => {
    const print2 = JSON.stringify({ ...row, cells: width });
    let one = kept.get(row.key);
    if (one?.print !== print2) kept.set(row.key, one = build(row, act, width, print2));
    one.figures.forEach((node, i) => {
      node.textContent = number(row.cells[i] ?? NaN, 2);
    });
    return one.nodes;
  };
  const draw = (view) => {
    seen = view;
    const rows = arranged(view.rows, order, find.value);
    const head2 = view.heads;
    const shown = rows.slice(0, MOST2);
    redraw(box, [
      el(
        "table",
        {},
        el("caption", { text: `${shown.length} of ${view.rows.length} genes` }),
        el(
          "thead",
          {},
          el("tr", {}, ...head2.map((text) => el("th", { text, attr: { scope: "col" } })))
        ),
        el("tbody", {}, ...shown.flatMap((row) => nodes(row, head2.length)))
      )
    ]);
  };
  const again = () => {
    if (seen) draw(seen);
  };
  find.addEventListener("input", again);
  const sort = choose(
    "order",
    ORDERS,
    order,
    (value2) => {
      order = value2;
      again();
    },
    "order"
  );
  return {
    node: el("section", {}, el("div", { class: "rt-bar" }, title("Genes"), find, sort), box),
    draw
  };
}

// src/curator/spread.ts
var LEFT = 96;
var WIDTH = 240;
var LANE = 18;
function lane(picture, one, at) {
  const { y, x, stored } = at;
  one.points.forEach(
    (value2, i) => picture.append(
      svg("circle", {
        attr: {
          cx: x(value2),
          cy: y + i * 7 % 5 - 2,
          r: 2.6,
          fill: stored ? "none" : "#0072B2",
          "fill-opacity": 0.6,
          stroke: stored ? "#8C8C8C" : "#56B4E9"
        }
      })
    )
  );
  const [low, middle, high] = one.quartiles.map(x);
  picture.append(
    svg("path", {
      attr: {
        d: `M${low} ${y}H${high}M${middle} ${y - 7}V${y + 7}`,
        stroke: "currentColor",
        "stroke-width": 2.2,
        fill: "none"
      }
    })
  );
}
function spreadPicture(found) {
  const lanes = found.versions[0] ? [0, 1] : [1];
  const all = found.groups.flatMap(([, pair]) => lanes.flatMap((i) => pair[i].points));
  if (!all.length) return [el("p", { class: "rt-soft", text: found.words })];
  const low = Math.min(...all), high = Math.max(...all), span = high - low || 1;
  const x = (value2) => LEFT + (value2 - low) / span * WIDTH;
  const height = found.groups.length * (lanes.length * LANE + 8) + 24;
  const picture = svg("svg", {
    attr: {
      viewBox: `0 0 ${LEFT + WIDTH + 52} ${height}`,
      width: "100%",
      role: "img",
      "aria-label": `${found.title} by group; the table below has the numbers.`,
      "data-testid": "rt-spread"
    }
  });
  if (low < 0 && high > 0)
    picture.append(
      svg("path", {
        attr: {
          d: `M${x(0)} 0V${height - 20}`,
          stroke: "currentColor",
          "stroke-opacity": 0.4,
          "stroke-dasharray": "3 3"
        }
      })
    );
  let y = 12;
  for (const [name, pair] of found.groups) {
    picture.append(
      svg(
        "text",
        {
          attr: { x: LEFT - 8, y: y + lanes.length * LANE / 2 - 6, "text-anchor": "end" },
          title: name
        },
        short(name, 13)
      )
    );
    for (const i of lanes) {
      if (pair[i].n) lane(picture, pair[i], { y, x, stored: !i });
      picture.append(
        svg(
          "text",
          { class: "rt-soft", attr: { x: LEFT + WIDTH + 8, y: y + 4 } },
          `n = ${pair[i].n}`
        )
      );
      y += LANE;
    }
    y += 8;
  }
  for (const [value2, anchor] of [
    [low, "start"],
    [high, "end"]
  ])
    picture.append(
      svg(
        "text",
        { class: "rt-soft", attr: { x: x(value2), y: height - 4, "text-anchor": anchor } },
        number(value2)
      )
    );
  const rows = found.groups.flatMap(
    ([name, pair]) => lanes.map((i) => ({
      cells: [
        name,
        found.versions[i],
        pair[i].n,
        ...[1, 0, 2].map((k) => number(pair[i].quartiles[k] ?? NaN))
      ]
    }))
  );
  return [
    el("p", { text: found.words }),
    picture,
    el("p", { class: "rt-soft", text: found.caution }),
    el(
      "details",
      {},
      el("summary", { text: "view as table" }),
      table(found.title, found.heads, rows)
    )
  ];
}

// src/curator.ts
var WHAT = ["score", "change from baseline"];
function render2({ model, el: host }) {
  const box = frame(host, "resistype signature curator"), link = new Link(model);
  const ask = (what, given = {}) => {
    link.request(what, given).then(
      (answer) => {
        box.alert("");
        draw(answer.content.view ?? answer.content.spec);
      },
      (error) => box.alert(error.message)
    );
  };
  const act = (name2, ...given) => ask("do", { name: name2, given });
  const name = el("strong", {}), state = el("span", { class: "rt-soft", attr: { "data-testid": "rt-state" } });
  const bar = el("div", { class: "rt-bar" }), said = el("p", { attr: { "data-testid": "rt-said" } }), trouble = el("p", { class: "rt-alert" });
  const genes = sheet(act), more = add(act, box.alert);
  const form = el("div", { class: "rt-cuts" }), problems = el("div", { attr: { "data-testid": "rt-problems" } }), data = el("section", {}), near = el("section", {});
  const fold = (text, node) => el("section", {}, el("details", {}, el("summary", { text }), node));
  const draw = (view) => {
    name.textContent = short(view.title, 80);
    state.textContent = view.state;
    said.textContent = view.said.join(" ");
    box.status(said.textContent);
    trouble.textContent = view.trouble;
    redraw(
      bar,
      view.buttons.map(([name2, label2, about]) => {
        const node = button(label2, () => act(name2), name2, about);
        node.disabled = !about;
        return node;
      })
    );
    genes.draw(view);
    more.draw(view);
    redraw(
      form,
      view.form.map(
        (one) => el(
          "label",
          {},
          `${one.label} `,
          one.choices ? choose(
            one.label,
            one.choices,
            one.value,
            (value2) => act("set_field", one.key, value2),
            `f-${one.key}`
          ) : typed(
            one.label,
            one.value,
            (value2) => act("set_field", one.key, value2),
            `f-${one.key}`
          )
        )
      )
    );
    problems.replaceChildren(...view.problems.map((text) => el("p", { text })));
    const pick = (cohort2, by, change) => act("choose", cohort2, by, change);
    redraw(
      data,
      view.cohorts.length ? [
        title("In the data"),
        el(
          "div",
          { class: "rt-bar" },
          choose(
            "cohort",
            view.cohorts,
            view.cohort,
            (value2) => pick(value2, "", view.change),
            "cohort"
          ),
          view.columns.length ? el(
            "label",
            {},
            "by ",
            choose(
              "by",
              view.columns,
              view.by,
              (value2) => pick(view.cohort, value2, view.change),
              "by"
            )
          ) : null,
          view.pairs ? choose(
            "what is shown",
            WHAT,
            WHAT[+view.change],
            (value2) => pick(view.cohort, view.by, value2 === WHAT[1]),
            "change"
          ) : null
        ),
        el("p", { text: view.measured, attr: { "data-testid": "rt-measured" } }),
        ...view.spread ? spreadPicture(view.spread) : []
      ] : []
    );
    near.replaceChildren(
      title("In the library"),
      region2(
        "overlap",
        "",
        table(
          "Signatures that share genes",
          view.overlap_heads,
          view.overlap.map((cells) => ({ cells }))
        )
      ),
      title("Against what is stored"),
      el(
        "div",
        { attr: { "data-testid": "rt-diff" } },
        ...view.diff.map((text) => el("p", { text }))
      )
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
      el("div", {}, el("section", {}, title("Checks"), problems), data)
    ),
    near
  );
  link.watch("_turn", () => ask("view"));
  ask(model.get("_live") === false ? "data" : "view");
  return () => {
    link.close();
    box.root.remove();
  };
}
var curator_default = { render: render2 };

// src/stats.ts
function tally(codes, size) {
  const counts = new Array(size).fill(0);
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++;
  return counts;
}
function wilson(k, n) {
  if (n === 0) return [0, 1];
  const z = 1.959963984540054;
  const p = k / n, q = z * z / n;
  const middle = (p + q / 2) / (1 + q);
  const half = z * Math.sqrt(p * (1 - p) / n + q / (4 * n)) / (1 + q);
  return [k === 0 ? 0 : Math.max(0, middle - half), k === n ? 1 : Math.min(1, middle + half)];
}
function histogram(values, bins, limits = []) {
  let low = Infinity, high = -Infinity, n = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v - v !== 0) continue;
    n++;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  for (const limit of limits) {
    low = Math.min(low, limit);
    high = Math.max(high, limit);
  }
  if (!Number.isFinite(low)) {
    low = 0;
    high = 1;
  }
  if (low === high) {
    low -= 0.5;
    high += 0.5;
  }
  const margin = (high - low) * 0.04;
  low -= margin;
  high += margin;
  const counts = new Array(bins).fill(0), scale = bins / (high - low);
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v - v === 0) counts[Math.min(bins - 1, Math.max(0, Math.floor((v - low) * scale)))]++;
  }
  return { low, high, counts, n };
}
function composition(patients, times, codes, sizes, none) {
  const table2 = new Uint32Array(sizes.patients * sizes.times * sizes.calls);
  for (let i = 0; i < codes.length; i++)
    table2[(patients[i] * sizes.times + times[i]) * sizes.calls + codes[i]]++;
  return barsOf(table2, sizes, none);
}
function barsOf(table2, sizes, none) {
  const bars2 = [];
  for (let p = 0; p < sizes.patients; p++) {
    if (none(p)) continue;
    for (let t = 0; t < sizes.times; t++) {
      const counts = Array.from(
        table2.subarray(
          (p * sizes.times + t) * sizes.calls,
          (p * sizes.times + t + 1) * sizes.calls
        )
      );
      const n = counts.reduce((a, b) => a + b, 0);
      if (n) bars2.push({ patient: p, time: t, counts, n });
    }
  }
  return bars2;
}
function ways(baseline, codes) {
  const found = [];
  for (let row = 0; row < baseline.length; row++) {
    const first = baseline[row];
    if (first >= 0 && first !== row) found.push({ row, before: codes[first], after: codes[row] });
  }
  return found;
}
function packBits(mask) {
  const bits = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) if (mask[i]) bits[i >> 3] |= 128 >> (i & 7);
  return bits;
}
function unpackBits(bits, n) {
  const mask = new Uint8Array(n);
  for (let i = 0; i < n; i++) mask[i] = bits[i >> 3] >> 7 - (i & 7) & 1;
  return mask;
}
function inside(points, corners) {
  const n = points.length / 2, mask = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const x = points[2 * i], y = points[2 * i + 1];
    let hit = 0;
    for (let a = 0, b = corners.length - 1; a < corners.length; b = a++) {
      const [x1, y1] = corners[a], [x2, y2] = corners[b];
      if (y1 > y !== y2 > y && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1) hit ^= 1;
    }
    mask[i] = hit;
  }
  return mask;
}
function extent(points) {
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i], y = points[i + 1];
    if (x - x !== 0 || y - y !== 0) continue;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  if (!Number.isFinite(x0)) return [0, 1, 0, 1];
  return [x0, x1 > x0 ? x1 : x0 + 1, y0, y1 > y0 ? y1 : y0 + 1];
}

// src/parts/cohort.ts
var ROW = 17;
var LEFT2 = 150;
var BAR = 250;
var MANY = 400;
function bars(store) {
  const { spec, data, axis } = store;
  if (spec.patient < 0) return [];
  const counted = store.totals?.groups;
  const times = spec.timepoint >= 0 ? data.columns[spec.timepoint] : new Uint16Array(spec.n_drawn);
  const names = spec.columns[spec.patient].names;
  const sizes = {
    patients: names.length,
    times: spec.timepoint >= 0 ? spec.columns[spec.timepoint].names.length : 1,
    calls: spec.axes[axis].names.length
  };
  if (store.part && counted?.length) return barsOf(counted, sizes, (p) => names[p] === "");
  return composition(
    data.columns[spec.patient],
    times,
    store.calls.final[axis],
    sizes,
    (p) => names[p] === ""
  );
}
var label = (store, bar, most = 400) => {
  const time = store.spec.timepoint >= 0 ? store.spec.columns[store.spec.timepoint].names[bar.time] : "";
  const patient = store.spec.columns[store.spec.patient].names[bar.patient];
  return `${short(patient, most)} ${short(time, Math.ceil(most / 2))}`.trim();
};
function compositionPicture(store, found) {
  const axis = store.current, height = found.length * ROW + 4;
  const picture = svg("svg", {
    attr: {
      viewBox: `0 0 ${LEFT2 + BAR + 70} ${height}`,
      width: "100%",
      role: "img",
      "aria-label": `Calls of ${found.length} samples; the table below has the numbers.`
    }
  });
  found.forEach((bar, i) => {
    const y = i * ROW + 2;
    let x = LEFT2;
    const name = label(store, bar);
    picture.append(
      svg(
        "text",
        { attr: { x: LEFT2 - 6, y: y + 11, "text-anchor": "end" }, title: name },
        label(store, bar, 12)
      )
    );
    bar.counts.forEach((k, call) => {
      if (!k) return;
      const w = k / bar.n * BAR;
      picture.append(
        svg("rect", {
          attr: { x, y, width: w, height: ROW - 4, fill: axis.colors[call] },
          title: `${name}: ${axis.words[call]} ${k} of ${bar.n}`
        })
      );
      x += w;
    });
    const top = bar.counts.findIndex((k) => k > 0);
    const [low, high] = wilson(bar.counts[top], bar.n);
    const [a, b, m] = [LEFT2 + low * BAR, LEFT2 + high * BAR, y + (ROW - 4) / 2];
    if (bar.n > 1)
      picture.append(
        svg("path", {
          attr: {
            d: `M${a} ${m}H${b}M${a} ${m - 3}V${m + 3}M${b} ${m - 3}V${m + 3}`,
            stroke: "#000",
            "stroke-width": 1.2,
            fill: "none"
          },
          title: `interval of ${axis.words[top]}: ${number(low)} to ${number(high)}`
        })
      );
    picture.append(
      svg("text", { class: "rt-soft", attr: { x: LEFT2 + BAR + 6, y: y + 11 } }, `n = ${bar.n}`)
    );
  });
  return picture;
}
function strands(store) {
  const all = ways(store.data.baseline, store.calls.final[store.axis]);
  if (all.length <= MANY)
    return all.map((way) => ({ before: way.before, after: way.after, rows: [way.row] }));
  const found = /* @__PURE__ */ new Map();
  for (const way of all) {
    const key = way.before * 256 + way.after, strand = found.get(key) ?? { before: way.before, after: way.after, rows: [] };
    strand.rows.push(way.row);
    found.set(key, strand);
  }
  return [...found.values()];
}
function stack(all, unit, first, second) {
  const order = all.map((_, i) => i).sort((a, b) => all[a][first] - all[b][first] || all[a][second] - all[b][second] || a - b);
  const side = { y: new Array(all.length), groups: [], end: 4 };
  for (const i of order) {
    const thick = all[i].rows.length * unit;
    let group = side.groups[side.groups.length - 1];
    if (!group || group.call !== all[i][first]) {
      if (group) side.end += Math.max(4, 16 - (group.bottom - group.top));
      group = { call: all[i][first], top: side.end, bottom: side.end, n: 0 };
      side.groups.push(group);
    }
    side.y[i] = side.end + thick / 2;
    side.end += thick;
    group.bottom = side.end;
    group.n += all[i].rows.length;
  }
  return side;
}
function flowPicture(store) {
  const axis = store.current, all = strands(store);
  if (!all.length) return null;
  const n = all.reduce((sum, one) => sum + one.rows.length, 0), unit = n <= MANY ? Math.max(2, Math.min(8, 340 / n)) : 340 / n;
  const left = stack(all, unit, "before", "after"), right = stack(all, unit, "after", "before");
  const height = Math.max(left.end, right.end) + 10, [x0, x1] = [165, 365];
  const picture = svg("svg", {
    attr: {
      viewBox: `0 0 530 ${height}`,
      width: "100%",
      role: "img",
      "aria-label": `The way of ${n} samples from the baseline on; the table below has the numbers.`,
      "data-testid": "rt-flow"
    }
  });
  const order = all.map((_, i) => i).sort((a, b) => all[a].after - all[b].after || all[a].before - all[b].before || a - b);
  for (const i of order) {
    const one = all[i];
    const mid = (x0 + x1) / 2, thick = one.rows.length * unit, who = one.rows.length === 1 ? store.nameOf(one.rows[0]) : `${one.rows.length} samples`;
    const pale = store.selected && !one.rows.some((row) => store.selected?.[row]);
    const path = svg("path", {
      class: "rt-pair",
      title: `${who}: ${axis.words[one.before]} → ${axis.words[one.after]}`,
      attr: {
        d: `M${x0} ${left.y[i]}C${mid} ${left.y[i]} ${mid} ${right.y[i]} ${x1} ${right.y[i]}`,
        stroke: axis.colors[one.after],
        "stroke-width": Math.max(1, thick - (n <= MANY ? 1 : 0)),
        fill: "none",
        "stroke-opacity": pale ? 0.2 : 0.85
      }
    });
    path.addEventListener("click", () => {
      store.row = one.rows[0];
      store.tell("row");
    });
    picture.append(path);
  }
  for (const [side, at, x, anchor] of [
    [left, x0 - 5, x0 - 10, "end"],
    [right, x1, x1 + 10, "start"]
  ]) {
    for (const { call, top, bottom, n: size } of side.groups) {
      picture.append(
        svg("rect", {
          attr: { x: at, y: top, width: 5, height: bottom - top, fill: axis.colors[call] }
        })
      );
      picture.append(
        svg(
          "text",
          {
            attr: { x, y: (top + bottom) / 2 + 4, "text-anchor": anchor },
            title: axis.texts[call] || axis.words[call]
          },
          `${short(axis.words[call], 24)} ${size}`
        )
      );
    }
  }
  return picture;
}
function cohort(store) {
  const flow2 = el("section", {}), parts = el("section", {}), node = el("div", {}, flow2, parts);
  const open = { flow: false, parts: false };
  const details = (key, content) => {
    const box = el(
      "details",
      { attr: open[key] ? { open: "" } : {} },
      el("summary", { text: "view as table" }),
      el(
        "div",
        {
          class: "rt-scroll",
          attr: { tabindex: 0, role: "region", "aria-label": `table of ${key}` }
        },
        content
      )
    );
    box.addEventListener("toggle", () => {
      open[key] = box.open;
    });
    return box;
  };
  const drawFlow = () => {
    empty(flow2);
    const picture = flowPicture(store), axis = store.current;
    flow2.append(el("h3", { text: `From baseline on${store.part ? " (of those drawn)" : ""}` }));
    if (!picture) {
      flow2.append(el("p", { class: "rt-soft", text: "No sample has a baseline of its own." }));
      return;
    }
    const found = /* @__PURE__ */ new Map();
    for (const { before, after, row } of ways(store.data.baseline, store.calls.final[store.axis])) {
      const key = before * 256 + after, who = found.get(key);
      if (who) who.push(row);
      else found.set(key, [row]);
    }
    const rows = [...found].sort(([a], [b]) => a - b).map(([key, who]) => ({
      cells: [
        axis.words[key >> 8],
        axis.words[key & 255],
        who.length,
        who.slice(0, 60).map((row) => store.nameOf(row)).join("; ")
      ]
    }));
    flow2.append(
      picture,
      details(
        "flow",
        table("Samples by call at baseline and now", ["at baseline", "now", "n", "samples"], rows)
      )
    );
  };
  const drawParts = () => {
    const busy = store.pending || store.part && store.totals?.axis !== store.current.id;
    parts.setAttribute("aria-busy", String(busy));
    if (busy) return;
    empty(parts);
    const found = bars(store), axis = store.current;
    if (!found.length) return;
    parts.append(
      el("h3", {
        text: "Calls per patient and time point" + (store.part && !store.totals?.groups?.length ? " (of those drawn)" : "")
      })
    );
    const rows = found.flatMap(
      (bar) => bar.counts.map((k, call) => ({ k, call })).filter((one) => one.k).map(({ k, call }) => {
        const [low, high] = wilson(k, bar.n);
        return {
          cells: [
            label(store, bar),
            axis.words[call],
            k,
            bar.n,
            `${number(k / bar.n)} (${number(low)} to ${number(high)})`
          ]
        };
      })
    );
    parts.append(
      el(
        "div",
        {
          class: "rt-scroll",
          attr: { tabindex: 0, role: "region", "aria-label": "calls per patient and time point" }
        },
        compositionPicture(store, found)
      ),
      details(
        "parts",
        table(
          "Calls per patient and time point, with Wilson's interval of 95 %",
          ["sample", "call", "n", "of", "proportion"],
          rows.slice(0, 2e3)
        )
      )
    );
  };
  return {
    node,
    draw: () => {
      drawFlow();
      drawParts();
    }
  };
}

// src/rule.ts
var UNDECIDED = 255;
function limitOf(condition, thresholds2) {
  return Math.fround(condition.sign * thresholds2[condition.threshold]);
}
function narrow(mask, condition, columns, thresholds2, calls) {
  const n = mask.length;
  if (condition.kind === "call") {
    const codes = calls[condition.axis], wanted = condition.code;
    if (condition.negated) for (let i = 0; i < n; i++) mask[i] &= +(codes[i] !== wanted);
    else for (let i = 0; i < n; i++) mask[i] &= +(codes[i] === wanted);
    return;
  }
  const values = columns[condition.quantity];
  if (condition.kind === "has") for (let i = 0; i < n; i++) mask[i] &= +(values[i] === values[i]);
  else if (condition.kind === "lacks")
    for (let i = 0; i < n; i++) mask[i] &= +(values[i] !== values[i]);
  else {
    const limit = limitOf(condition, thresholds2);
    if (condition.op === ">=") for (let i = 0; i < n; i++) mask[i] &= +(values[i] >= limit);
    else if (condition.op === "<=") for (let i = 0; i < n; i++) mask[i] &= +(values[i] <= limit);
    else if (condition.op === ">") for (let i = 0; i < n; i++) mask[i] &= +(values[i] > limit);
    else for (let i = 0; i < n; i++) mask[i] &= +(values[i] < limit);
  }
}
var BLOCK = 16384;
function decide(axis, columns, thresholds2, calls, n) {
  const which = new Uint8Array(n).fill(UNDECIDED);
  for (let start2 = 0; start2 < n; start2 += BLOCK) {
    const end = Math.min(n, start2 + BLOCK), part = which.subarray(start2, end), mask = new Uint8Array(end - start2);
    const cut = columns.map((values) => values.subarray(start2, end)), said = calls.map((codes) => codes.subarray(start2, end));
    for (let number2 = 0; number2 < axis.rules.length; number2++) {
      for (let i = 0; i < part.length; i++) mask[i] = +(part[i] === UNDECIDED);
      for (const condition of axis.rules[number2].when)
        narrow(mask, condition, cut, thresholds2, said);
      for (let i = 0; i < part.length; i++) if (mask[i]) part[i] = number2;
    }
  }
  return which;
}
function codesOf(axis, which) {
  const table2 = new Uint8Array(256).fill(axis.otherwise), codes = new Uint8Array(which.length);
  axis.rules.forEach((rule, number2) => {
    table2[number2] = rule.code;
  });
  for (let i = 0; i < which.length; i++) codes[i] = table2[which[i]];
  return codes;
}
function touched(spec, axis) {
  const found = /* @__PURE__ */ new Set([axis]);
  spec.axes.forEach((one, number2) => {
    if (one.rules.some((rule) => rule.when.some((c) => c.kind === "call" && found.has(c.axis))))
      found.add(number2);
  });
  return [...found].sort((a, b) => a - b);
}
function recall(spec, data, thresholds2, before, axes) {
  const raw = before ? [...before.raw] : [...data.raw];
  const final = before ? [...before.final] : [...data.final];
  for (const number2 of axes ?? spec.axes.map((_, i) => i)) {
    const axis = spec.axes[number2];
    const now = codesOf(
      axis,
      decide(axis, data.quantities, thresholds2[axis.id], raw, spec.n_drawn)
    );
    const start2 = data.raw[number2], first = data.final[number2];
    const shown = new Uint8Array(now.length);
    for (let i = 0; i < now.length; i++) shown[i] = now[i] === start2[i] ? first[i] : now[i];
    raw[number2] = now;
    final[number2] = shown;
  }
  return { raw, final };
}
function gate(condition, data, raw, row) {
  if (condition.kind === "call")
    return raw[condition.axis][row] === condition.code !== condition.negated;
  const missing = Number.isNaN(data.quantities[condition.quantity][row]);
  return condition.kind === "lacks" ? missing : condition.kind === "has" ? !missing : true;
}
function explain(spec, data, thresholds2, calls, axis, row) {
  const one = spec.axes[axis];
  const single = data.quantities.map((values) => values.subarray(row, row + 1));
  const which = decide(
    one,
    single,
    thresholds2[one.id],
    calls.raw.map((codes) => codes.subarray(row, row + 1)),
    1
  )[0];
  const text = (c) => c.kind === "compare" ? `${c.quantity} ${c.op} ${c.sign} ${c.threshold}` : "";
  const deciding = new Set(which === UNDECIDED ? [] : one.rules[which].when.map(text));
  const chosen = /* @__PURE__ */ new Map();
  for (const rule of one.rules) {
    if (!rule.when.every((c) => gate(c, data, calls.raw, row))) continue;
    for (const c of rule.when) {
      if (c.kind !== "compare" || Number.isNaN(data.quantities[c.quantity][row])) continue;
      const key = `${c.quantity} ${c.threshold} ${c.sign}`;
      if (!chosen.has(key) || deciding.has(text(c))) chosen.set(key, c);
    }
  }
  return [...chosen.values()].map((c) => {
    const value2 = data.quantities[c.quantity][row], limit = limitOf(c, thresholds2[one.id]);
    const passes = c.op === ">=" ? value2 >= limit : c.op === "<=" ? value2 <= limit : c.op === ">" ? value2 > limit : value2 < limit;
    return {
      quantity: c.quantity,
      value: value2,
      op: c.op,
      limit,
      distance: value2 - limit,
      passes,
      decided: deciding.has(text(c)),
      threshold: c.threshold
    };
  });
}

// src/parts/evidence.ts
function evidence(store, askGenes) {
  const row = el("div", { attr: { "data-testid": "rt-evidence" } }), genes = el("section", { attr: { "data-testid": "rt-genes" } });
  const patients = store.spec.patient >= 0 ? store.spec.columns[store.spec.patient].names : [];
  const step = (by) => {
    store.row = (Math.max(store.row, by < 0 ? 0 : -1) + by + store.spec.n_drawn) % store.spec.n_drawn;
    store.tell("row");
  };
  const bar = el(
    "div",
    { class: "rt-bar" },
    el("button", { text: "previous", attr: { type: "button" }, on: { click: () => step(-1) } }),
    el("button", {
      text: "next",
      attr: { type: "button", "data-testid": "rt-next" },
      on: { click: () => step(1) }
    }),
    patients.length ? picker(store, patients) : null
  );
  const node = el("div", {}, el("section", {}, el("h3", { text: "Evidence" }), bar, row), genes);
  const drawRow = () => {
    empty(row);
    if (!store.ready) return;
    if (store.row < 0) {
      row.append(
        el("p", {
          class: "rt-soft",
          text: "Click a point, a line of the flow, or choose with the buttons."
        })
      );
      return;
    }
    const { spec, data, calls } = store, at = store.row;
    const call = store.wordOf(store.current, calls.final[store.axis][at], at);
    row.append(
      el("p", {}, el("strong", { text: store.nameOf(at) }), ` · ${store.current.title}: ${call}`)
    );
    const rows = explain(spec, data, store.thresholds, calls, store.axis, at).map(
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
            `${q.signature} ${q.coverage}${q.shared ? " ⚠" : ""}`.trim()
          ]
        };
      }
    );
    const box = el("div", {
      class: "rt-scroll",
      attr: { tabindex: 0, role: "region", "aria-label": "evidence" }
    });
    box.append(
      rows.length ? table(
        "▶ decided; ⚠ the signature shares genes with another of the scheme",
        ["quantity", "value", "threshold", "margin", "signature, genes"],
        rows
      ) : el("p", {
        class: "rt-soft",
        text: "No threshold was reached: a rule without numbers decided."
      })
    );
    row.append(box);
  };
  const drawSelection = () => {
    empty(genes);
    const n = store.nSelected;
    genes.append(
      el("h3", { text: "Selection" }),
      el("p", {
        text: n ? `${n} of ${store.spec.n_drawn}${store.part ? " drawn" : ""} selected` : "Nothing is selected: draw a lasso, or use the buttons of the legend.",
        attr: { "data-testid": "rt-nsel" }
      })
    );
    if (!n) return;
    const codes = store.calls.final[store.axis], counts = /* @__PURE__ */ new Map();
    store.selected?.forEach((one, i) => {
      if (one) counts.set(codes[i], (counts.get(codes[i]) ?? 0) + 1);
    });
    genes.append(
      table(
        store.current.title,
        ["call", "n"],
        [...counts].sort((a, b) => b[1] - a[1]).map(([c, k]) => ({ cells: [store.current.words[c], k] }))
      )
    );
    if (!askGenes) return;
    const out = el("div", {
      class: "rt-scroll",
      attr: {
        tabindex: 0,
        role: "region",
        "aria-label": "driver genes",
        "data-testid": "rt-drivers"
      }
    });
    const button2 = el("button", {
      text: "driver genes of the selection",
      attr: { type: "button", "data-testid": "rt-ask-genes" }
    });
    button2.addEventListener("click", () => {
      button2.disabled = true;
      out.textContent = "asking Python …";
      askGenes().then(
        (found) => {
          empty(out);
          out.append(
            table(
              "Selected against all others: difference of mean log2, fraction of observations with the gene. ⚠ in several signatures",
              ["gene", "effect", "selected", "others", "signatures"],
              found.map((g) => ({
                cells: [
                  `${g.gene}${g.shared ? " ⚠" : ""}`,
                  `${g.effect >= 0 ? "+" : ""}${number(g.effect)}`,
                  `${Math.round(100 * g.inside)} %`,
                  `${Math.round(100 * g.outside)} %`,
                  g.signatures
                ]
              }))
            )
          );
        },
        (error) => {
          out.textContent = error.message;
        }
      ).finally(() => {
        button2.disabled = false;
      });
    });
    genes.append(button2, out);
  };
  return { node, drawRow, drawSelection };
}
function picker(store, patients) {
  const choose2 = el(
    "select",
    { attr: { "aria-label": "select a patient", "data-testid": "rt-patient" } },
    el("option", { text: "select a patient …", attr: { value: -1 } }),
    ...patients.map((name, i) => ({ name, i })).filter(({ name }) => name).map(({ name, i }) => el("option", { text: clean(name), attr: { value: i } }))
  );
  choose2.addEventListener("change", () => {
    const wanted = Number(choose2.value), codes = store.data.columns[store.spec.patient];
    store.row = codes.indexOf(wanted);
    store.select(wanted < 0 ? null : Uint8Array.from(codes, (code) => +(code === wanted)));
    store.tell("row");
  });
  return choose2;
}

// src/raster.ts
function hex(color) {
  const v = parseInt(color.slice(1, 7), 16);
  return [v >> 16 & 255, v >> 8 & 255, v & 255];
}
function disc(radius) {
  const found = [];
  const whole = Math.ceil(radius);
  for (let dy = -whole; dy <= whole; dy++)
    for (let dx = -whole; dx <= whole; dx++)
      if (dx * dx + dy * dy <= radius * radius) found.push([dx, dy]);
  return found;
}
function toUnits(view, px, py) {
  return [
    view.x + (px - view.width / 2) / view.scale,
    view.y - (py - view.height / 2) / view.scale
  ];
}
function classCounts(layer, view, brush, wanted) {
  const { width, height } = view, classes = layer.colors.length;
  const counts = new Uint16Array(width * height * classes);
  const n = layer.points.length / 2;
  for (let i = 0; i < n; i++) {
    const code = layer.codes[i];
    if (!layer.shown[code] || wanted !== null && layer.selected && layer.selected[i] !== wanted)
      continue;
    const px = Math.floor(width / 2 + (layer.points[2 * i] - view.x) * view.scale);
    const py = Math.floor(height / 2 - (layer.points[2 * i + 1] - view.y) * view.scale);
    for (let b = 0; b < brush.length; b++) {
      const x = px + brush[b][0], y = py + brush[b][1];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = (y * width + x) * classes + code;
      if (counts[at] < 65535) counts[at]++;
    }
  }
  return counts;
}
function paint(out, counts, colors, paper, strength, peak) {
  const classes = colors.length;
  const full = Math.log1p(peak);
  for (let p = 0, at = 0; p < out.length / 4; p++) {
    let n = 0, r = 0, g = 0, b = 0;
    for (let k = 0; k < classes; k++, at++) {
      const c = counts[at];
      if (c) {
        n += c;
        r += c * colors[k][0];
        g += c * colors[k][1];
        b += c * colors[k][2];
      }
    }
    if (!n) continue;
    const alpha = strength * (0.55 + 0.45 * Math.min(1, Math.log1p(n) / full));
    out[4 * p] = paper[0] + alpha * (r / n - paper[0]);
    out[4 * p + 1] = paper[1] + alpha * (g / n - paper[1]);
    out[4 * p + 2] = paper[2] + alpha * (b / n - paper[2]);
  }
}
function render3(layer, view, radius, paper) {
  const out = new Uint8ClampedArray(view.width * view.height * 4);
  for (let i = 0; i < out.length; i += 4) {
    out[i] = paper[0];
    out[i + 1] = paper[1];
    out[i + 2] = paper[2];
    out[i + 3] = 255;
  }
  const brush = disc(radius);
  const peak = Math.max(
    1,
    Math.min(20, layer.points.length / 2 * brush.length / (view.width * view.height) * 4)
  );
  if (!layer.selected)
    paint(out, classCounts(layer, view, brush, null), layer.colors, paper, 1, peak);
  else {
    paint(out, classCounts(layer, view, brush, 0), layer.colors, paper, 0.22, peak);
    paint(out, classCounts(layer, view, brush, 1), layer.colors, paper, 1, 1);
  }
  return out;
}
var CIVIDIS = [
  "#00224E",
  "#123570",
  "#3B496C",
  "#575D6D",
  "#707173",
  "#8A8678",
  "#A59C74",
  "#C3B369",
  "#E1CC55",
  "#F3DB4B",
  "#FEE838"
].map(hex);
var STEPS = 32;
function ramp(steps2 = STEPS) {
  return Array.from({ length: steps2 }, (_, i) => {
    const at = i / (steps2 - 1) * (CIVIDIS.length - 1), low = Math.floor(at), rest = at - low;
    const a = CIVIDIS[low], b = CIVIDIS[Math.min(low + 1, CIVIDIS.length - 1)];
    return [0, 1, 2].map((c) => Math.round(a[c] + rest * (b[c] - a[c])));
  });
}
function stepped(values, low, high) {
  const codes = new Uint8Array(values.length), scale = STEPS / (high - low || 1);
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    codes[i] = v !== v ? STEPS : Math.max(0, Math.min(STEPS - 1, Math.floor((v - low) * scale)));
  }
  return codes;
}

// src/parts/legend.ts
function legend(store) {
  const node = el("div", { attr: { "data-testid": "rt-legend" } });
  const draw = () => {
    const focused = node.getRootNode().activeElement?.getAttribute(
      "data-key"
    );
    const coloring = store.coloring();
    empty(node);
    if (!coloring.names.length) {
      const colors = ramp(11).map((c) => `rgb(${c.join()})`).join(",");
      const bar = el("span", { attr: { "aria-hidden": "true" } });
      bar.style.cssText = `display:inline-block;width:160px;height:12px;background:linear-gradient(90deg,${colors})`;
      node.append(
        el(
          "p",
          {},
          `${short(coloring.title, 80)} `,
          number(coloring.low),
          " ",
          bar,
          " ",
          number(coloring.high)
        )
      );
      return;
    }
    const list = el("ul", { class: "rt-legend" });
    coloring.names.forEach((name, i) => {
      if (coloring.counts[i] === 0) return;
      const chip = el("span", { class: "rt-chip", attr: { "aria-hidden": "true" } });
      chip.style.background = coloring.colors[i];
      const word = words(coloring.words[i]) || "no data";
      const toggle = el(
        "button",
        {
          title: coloring.texts[i] || word,
          attr: {
            type: "button",
            "aria-pressed": String(!store.hidden.has(name)),
            "data-key": `h${i}`,
            "data-call": i
          },
          on: {
            click: () => {
              if (!store.hidden.delete(name)) store.hidden.add(name);
              store.tell("hidden");
            }
          }
        },
        chip,
        el("span", { class: "rt-cut", text: short(word) }),
        ` ${grouped(coloring.counts[i])}`
      );
      const pick = el("button", {
        text: "select",
        title: `select ${word}`,
        attr: { type: "button", "aria-label": `select ${short(word)}`, "data-key": `s${i}` },
        on: { click: () => store.select(Uint8Array.from(coloring.codes, (code) => +(code === i))) }
      });
      list.append(el("li", {}, toggle, pick));
    });
    node.append(list);
    if (focused)
      node.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  };
  return { node, draw };
}

// src/parts/scatter.ts
var HEIGHT = 420;
var HELP = "Arrow keys move, + and − zoom, 0 shows all, Escape clears the selection. Drag draws a lasso; with Shift it moves. L takes a pen: arrow keys lead it, Space sets a corner of a lasso, Enter closes it or, without corners, picks the point nearest to the pen.";
var PEN = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1]
};
function paperOf(node) {
  const found = /(\d+)[, ]+(\d+)[, ]+(\d+)/.exec(getComputedStyle(node).backgroundColor);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : hex("#FFFFFF");
}
function scatter(store, box) {
  const canvas = el("canvas", { attr: { tabindex: 0, role: "img", "data-testid": "rt-scatter" } });
  const over = svg("svg", { attr: { "aria-hidden": "true" } });
  const choose2 = el(
    "select",
    { attr: { "aria-label": "coordinates" } },
    ...store.spec.embeddings.map(
      (name, i) => el("option", { text: short(name), attr: { value: i } })
    )
  );
  const view = { width: 600, height: HEIGHT, scale: 1, x: 0, y: 0 };
  let ratio = 1, pen = null;
  let which = 0, lasso = [], dragged = null, fitted = false, waiting = false;
  const points = () => store.data.points[which];
  const fit = () => {
    const [x0, x1, y0, y1] = extent(points());
    view.scale = 0.92 * Math.min(view.width / (x1 - x0), view.height / (y1 - y0));
    view.x = (x0 + x1) / 2;
    view.y = (y0 + y1) / 2;
    fitted = true;
  };
  const radius = () => store.spec.n_drawn < 500 ? 5 * ratio : store.spec.n_drawn < 5e3 ? 2.5 * ratio : store.spec.n_drawn < 6e4 ? 1.2 * ratio : 1;
  const tell = () => {
    const coloring = store.coloring();
    const said = coloring.names.map((_, i) => `${words(coloring.words[i])} ${grouped(coloring.counts[i])}`).filter((_, i) => coloring.counts[i] !== 0).slice(0, 12).join(", ");
    canvas.setAttribute(
      "aria-label",
      `${store.spec.n_drawn} points coloured by ${coloring.title}${said ? `: ${said}` : ""}. ${HELP}`
    );
  };
  const paint2 = () => {
    waiting = false;
    if (!store.data.points.length) return;
    ratio = Math.min(2, Math.max(1, window.devicePixelRatio || 1));
    const width = Math.max(200, Math.round((canvas.clientWidth || 600) * ratio)), height = Math.round(HEIGHT * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      fitted = false;
    }
    [view.width, view.height] = [width, height];
    over.setAttribute("viewBox", `0 0 ${width} ${height}`);
    canvas.style.height = `${HEIGHT}px`;
    if (!fitted) fit();
    const pixels = render3(store.layer(points()), view, radius(), paperOf(box.root));
    canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
    tell();
  };
  const draw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(paint2);
  };
  const line = () => {
    empty(over);
    if (lasso.length > 1)
      over.append(
        svg("polygon", {
          attr: {
            points: lasso.map((p) => p.join(",")).join(" "),
            fill: "rgba(86,180,233,.2)",
            stroke: "#0072B2",
            "stroke-width": ratio
          }
        })
      );
    if (!pen) return;
    const [left, top, arm] = [pen[0] - 9 * ratio, pen[1] - 9 * ratio, 18 * ratio];
    over.append(
      svg("path", {
        class: "rt-pen",
        attr: {
          d: `M${left} ${pen[1]}h${arm}M${pen[0]} ${top}v${arm}`,
          stroke: "currentColor",
          "stroke-width": 2 * ratio
        }
      })
    );
  };
  const finish2 = (corners) => {
    const drawn = corners.map(([x, y]) => toUnits(view, x, y));
    store.select(inside(points(), drawn), {
      embedding: store.spec.embeddings[which],
      corners: drawn
    });
  };
  const pick = (px, py) => {
    const row = nearest(px, py);
    if (row >= 0) {
      store.row = row;
      store.tell("row");
    }
  };
  const write = (event) => {
    const { key } = event;
    if (!pen) {
      if (key !== "l" && key !== "L") return false;
      pen = [view.width / 2, view.height / 2];
    } else if (PEN[key]) {
      const by = (event.shiftKey ? 2 : 14) * ratio;
      pen = [
        Math.min(view.width, Math.max(0, pen[0] + by * PEN[key][0])),
        Math.min(view.height, Math.max(0, pen[1] + by * PEN[key][1]))
      ];
    } else if (key === " ") lasso.push([pen[0], pen[1]]);
    else if (key === "Enter" || key === "Escape") {
      const [drawn, place] = [lasso, pen];
      [lasso, pen] = [[], null];
      if (key === "Enter" && drawn.length > 2) finish2(drawn);
      else if (key === "Enter") pick(...place);
    } else return false;
    line();
    if (pen)
      box.status(
        `pen at ${toUnits(view, ...pen).map((v) => number(v)).join(", ")}; ${lasso.length} corners`
      );
    return true;
  };
  const zoom = (factor, px = view.width / 2, py = view.height / 2) => {
    const [x, y] = toUnits(view, px, py);
    view.scale *= factor;
    view.x = x - (px - view.width / 2) / view.scale;
    view.y = y + (py - view.height / 2) / view.scale;
    draw();
  };
  const nearest = (px, py) => {
    const [x, y] = toUnits(view, px, py), all = points();
    let best = (9 * ratio / view.scale) ** 2, found = -1;
    for (let i = 0; i < all.length / 2; i++) {
      const d = (all[2 * i] - x) ** 2 + (all[2 * i + 1] - y) ** 2;
      if (d < best) {
        best = d;
        found = i;
      }
    }
    return found;
  };
  const at = (event) => {
    const place = canvas.getBoundingClientRect();
    return [(event.clientX - place.left) * ratio, (event.clientY - place.top) * ratio];
  };
  const bar = () => el(
    "div",
    { class: "rt-bar" },
    choose2,
    el("button", {
      text: "+",
      attr: { type: "button", "aria-label": "zoom in" },
      on: { click: () => zoom(1.25) }
    }),
    el("button", {
      text: "−",
      attr: { type: "button", "aria-label": "zoom out" },
      on: { click: () => zoom(0.8) }
    }),
    el("button", {
      text: "all",
      attr: { type: "button", "aria-label": "show all points" },
      on: {
        click: () => {
          fit();
          draw();
        }
      }
    }),
    el("button", {
      text: "clear selection",
      attr: { type: "button", "data-testid": "rt-clear" },
      on: { click: () => store.select(null) }
    })
  );
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (event.shiftKey) dragged = at(event);
    else lasso = [at(event)];
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = at(event);
    if (dragged) {
      view.x -= (here[0] - dragged[0]) / view.scale;
      view.y += (here[1] - dragged[1]) / view.scale;
      dragged = here;
      draw();
    } else if (lasso.length) {
      lasso.push(here);
      line();
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    const drawn = lasso;
    [lasso, dragged] = [[], null];
    line();
    if (drawn.length > 4) finish2(drawn);
    else if (drawn.length) pick(...at(event));
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), ...at(event));
    },
    { passive: false }
  );
  canvas.addEventListener("keydown", (event) => {
    if (write(event)) return event.preventDefault();
    const step = 40 * ratio / view.scale;
    const acts = {
      ArrowLeft: () => {
        view.x -= step;
      },
      ArrowRight: () => {
        view.x += step;
      },
      ArrowUp: () => {
        view.y += step;
      },
      ArrowDown: () => {
        view.y -= step;
      },
      "+": () => zoom(1.25),
      "=": () => zoom(1.25),
      "-": () => zoom(0.8),
      "0": fit,
      Escape: () => store.select(null)
    };
    if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
      draw();
    }
  });
  choose2.addEventListener("change", () => {
    which = Number(choose2.value);
    fitted = false;
    draw();
  });
  new ResizeObserver(draw).observe(canvas);
  const node = el(
    "div",
    {},
    bar(),
    el("div", { class: "rt-over" }, canvas, over),
    el(
      "details",
      {},
      el("summary", { text: "keys of the picture" }),
      el("p", { class: "rt-soft", text: HELP })
    )
  );
  return { node, draw, tell };
}

// src/parts/steps.ts
function steps(store, link, box, before) {
  const act = (step, given = {}) => {
    before();
    link.request("step", { step, ...given }).then(
      () => box.alert(""),
      (error) => box.alert(error.message)
    );
  };
  const button2 = (text, key, click) => el("button", { text, attr: { type: "button", "data-testid": `rt-${key}` }, on: { click } });
  const undo = button2("undo", "undo", () => act("undo")), redo = button2("redo", "redo", () => act("redo"));
  const name = el("input", {
    attr: {
      type: "text",
      size: 12,
      maxlength: 60,
      "aria-label": "name of a new region",
      placeholder: "name of region",
      "data-testid": "rt-region-name"
    }
  });
  const keep = button2("keep lasso", "keep", () => {
    if (store.lasso) act("keep", { name: name.value.trim(), ...store.lasso });
  });
  const choose2 = el("select", { attr: { "aria-label": "regions", "data-testid": "rt-regions" } });
  const select = button2("select", "region", () => act("select", { name: choose2.value })), remove = button2("forget", "forget", () => act("remove", { name: choose2.value }));
  select.setAttribute("aria-label", "select the region");
  remove.setAttribute("aria-label", "forget the region");
  name.addEventListener("input", () => draw());
  const draw = () => {
    const now = link.model.get("_steps"), known = now?.regions ?? [], chosen = choose2.value;
    undo.disabled = !now?.undo;
    redo.disabled = !now?.redo;
    keep.disabled = !store.lasso || !name.value.trim();
    select.disabled = remove.disabled = choose2.disabled = !known.length;
    empty(choose2);
    choose2.append(
      ...(known.length ? known : ["no region yet"]).map(
        (one) => el("option", { text: short(one), attr: { value: one } })
      )
    );
    if (known.includes(chosen)) choose2.value = chosen;
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
      choose2,
      select,
      remove
    ),
    reset: () => act("reset"),
    draw
  };
}

// src/parts/thresholds.ts
var W = 320;
var H = 38;
function reach(bins, signs) {
  if (!signs.includes(-1)) return [bins.low, bins.high];
  return [
    signs.includes(1) ? 0 : Math.min(0, -bins.high),
    Math.max(Math.abs(bins.low), Math.abs(bins.high))
  ];
}
function controls(label2, key, [low, high]) {
  const slider = el("input", {
    attr: {
      type: "range",
      min: low,
      max: high,
      step: "any",
      "aria-label": label2,
      "data-testid": key
    }
  });
  const field2 = el("input", {
    attr: {
      type: "number",
      step: "any",
      "aria-label": `${label2}, number`,
      "data-testid": `${key}-number`
    }
  });
  const picture = svg("svg", {
    attr: {
      viewBox: `0 0 ${W} ${H}`,
      width: "100%",
      height: H,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      "data-testid": `${key}-drag`
    }
  });
  picture.style.cursor = "ew-resize";
  picture.style.touchAction = "none";
  return { slider, field: field2, picture };
}
function thresholds(store, moved) {
  const node = el("div", { class: "rt-cuts", attr: { "data-testid": "rt-thresholds" } });
  let items = [];
  const set = (name, value2) => {
    const axis = store.current.id;
    if (!Number.isFinite(value2)) return draw();
    store.move(axis, name, value2);
    moved(axis, name);
  };
  const paint2 = (item) => {
    const { bins, picture } = item;
    const peak = Math.max(1, ...bins.counts), value2 = store.thresholds[store.current.id][item.name];
    const x = (v) => (v - bins.low) / (bins.high - bins.low) * W;
    empty(picture);
    const bar = W / bins.counts.length;
    bins.counts.forEach((n, i) => {
      if (n)
        picture.append(
          svg("rect", {
            attr: {
              x: i * bar,
              y: H - n / peak * (H - 4),
              width: Math.max(0.5, bar - 0.6),
              height: n / peak * (H - 4),
              fill: "currentColor",
              "fill-opacity": 0.35
            }
          })
        );
    });
    for (const other of items) {
      if (other.name <= item.name || other.quantity !== item.quantity) continue;
      const second = store.thresholds[store.current.id][other.name];
      for (const sign of item.signs) {
        const [a, b] = [x(sign * value2), x(sign * second)].sort((p, q) => p - q);
        picture.append(
          svg("rect", {
            class: "rt-grey",
            attr: { x: a, y: 0, width: b - a, height: H, fill: "#8C8C8C", "fill-opacity": 0.3 }
          })
        );
      }
    }
    for (const sign of item.signs)
      picture.append(
        svg("line", {
          attr: {
            x1: x(sign * value2),
            x2: x(sign * value2),
            y1: 0,
            y2: H,
            stroke: "#D55E00",
            "stroke-width": 2.5
          }
        })
      );
  };
  const draw = () => {
    for (const item of items) {
      const value2 = store.thresholds[store.current.id][item.name];
      if (Number(item.slider.value) !== value2) item.slider.value = String(value2);
      const typed2 = item.field.getRootNode().activeElement === item.field;
      if (!typed2) item.field.value = String(Number(value2.toPrecision(6)));
      item.slider.setAttribute("aria-valuetext", number(value2));
      paint2(item);
    }
  };
  const drag = ({ name, signs, bins, picture }) => {
    let held = false;
    const pull = (event) => {
      const box = picture.getBoundingClientRect();
      const at = bins.low + (event.clientX - box.left) / box.width * (bins.high - bins.low);
      set(name, signs.length === 2 ? Math.abs(at) : signs[0] * at);
    };
    picture.addEventListener("pointerdown", (event) => {
      held = true;
      picture.setPointerCapture(event.pointerId);
      pull(event);
    });
    picture.addEventListener("pointermove", (event) => {
      if (held) pull(event);
    });
    picture.addEventListener("pointerup", () => {
      held = false;
    });
  };
  const add2 = (axis, threshold) => {
    const used = axis.rules.flatMap((rule) => rule.when).filter((c) => c.kind === "compare" && c.threshold === threshold.name);
    const first = used[0];
    if (!first || first.kind !== "compare") return;
    const signs = [...new Set(used.map((c) => c.kind === "compare" ? c.sign : 1))];
    const quantity = store.spec.quantities[first.quantity];
    const bins = histogram(
      store.data.quantities[first.quantity],
      48,
      signs.map((sign) => sign * threshold.value)
    );
    const [low, high] = reach(bins, signs);
    const step = (high - low) / 100;
    const key = `rt-${axis.id}-${threshold.name}`;
    const label2 = `${words(threshold.name)}: ${quantity.title} (${quantity.unit})`;
    const { slider, field: field2, picture } = controls(label2, key, [low, high]);
    const item = {
      name: threshold.name,
      quantity: first.quantity,
      signs,
      bins,
      slider,
      field: field2,
      picture
    };
    slider.value = String(store.thresholds[axis.id][threshold.name]);
    slider.addEventListener("input", () => set(threshold.name, Number(slider.value)));
    slider.addEventListener("keydown", (event) => {
      const by = {
        ArrowRight: 1,
        ArrowUp: 1,
        ArrowLeft: -1,
        ArrowDown: -1,
        PageUp: 10,
        PageDown: -10
      }[event.key];
      if (by === void 0) return;
      event.preventDefault();
      set(
        threshold.name,
        Math.min(high, Math.max(low, store.thresholds[axis.id][threshold.name] + by * step))
      );
    });
    field2.addEventListener(
      "change",
      () => set(threshold.name, field2.value === "" ? NaN : Number(field2.value))
    );
    drag(item);
    const reset = el("button", {
      text: "↺",
      attr: { type: "button", "aria-label": `reset ${words(threshold.name)}` },
      title: `back to ${number(threshold.value)}`,
      on: { click: () => set(threshold.name, threshold.value) }
    });
    items.push(item);
    const said = el(
      "label",
      {},
      el("b", { text: words(threshold.name) }),
      ` ${quantity.title} (${quantity.unit})`
    );
    node.append(
      el(
        "div",
        { title: `${threshold.text} (${threshold.source})` },
        said,
        picture,
        el("div", { class: "rt-thr" }, slider, field2, reset)
      )
    );
  };
  const build2 = () => {
    const axis = store.current;
    empty(node);
    items = [];
    if (!store.ready) {
      node.append(el("p", { class: "rt-soft", text: "loading …" }));
      return;
    }
    for (const threshold of axis.thresholds) add2(axis, threshold);
    if (!items.length)
      node.append(el("p", { class: "rt-soft", text: "This axis has no threshold to move." }));
    draw();
  };
  return { node, draw, build: build2 };
}

// src/spec.ts
function floats(view, n) {
  if (view.byteLength !== 4 * n)
    throw new Error(`${view.byteLength} bytes of values; ${4 * n} were expected`);
  return new Float32Array(copied(view));
}
function readData(spec, buffers) {
  const n = spec.n_drawn;
  let at = 0;
  const next = (bytes) => {
    const view = buffers[at++];
    if (!view || view.byteLength !== bytes) {
      throw new Error(
        `buffer ${at - 1} has ${view ? view.byteLength : 0} bytes; ${bytes} were expected`
      );
    }
    return copied(view);
  };
  const many = (count, bytes, make) => Array.from({ length: count }, () => make(next(bytes)));
  return {
    points: many(spec.embeddings.length, 8 * n, (b) => new Float32Array(b)),
    raw: many(spec.axes.length, n, (b) => new Uint8Array(b)),
    final: many(spec.axes.length, n, (b) => new Uint8Array(b)),
    columns: many(spec.columns.length, 2 * n, (b) => new Uint16Array(b)),
    baseline: new Int32Array(next(4 * n)),
    quantities: buffers.slice(at).map((view) => floats(view, n))
  };
}

// src/store.ts
var keyOf = (thresholds2) => JSON.stringify(
  Object.entries(thresholds2).sort().map(([axis, values]) => [axis, Object.entries(values).sort()])
);
var Store = class {
  constructor(spec, data) {
    this.spec = spec;
    this.data = data;
    this.thresholds = {};
    this.axis = 0;
    this.hidden = /* @__PURE__ */ new Set();
    this.selected = null;
    this.row = -1;
    // what the selection was drawn with
    this.lasso = null;
    // where only a part is here: counts of all observations, from Python
    this.totals = null;
    this.gene = null;
    this.listeners = [];
    for (const axis of spec.axes)
      this.thresholds[axis.id] = Object.fromEntries(
        axis.thresholds.map((t) => [t.name, Math.fround(t.value)])
      );
    this.calls = { raw: data.raw, final: data.final };
    this.color = `axis:${spec.axes[0].id}`;
    this.first = keyOf(this.thresholds);
  }
  // Whether the quantities of the rules are here; the picture comes before them.
  get ready() {
    return this.data.quantities.length >= this.spec.n_ruled;
  }
  get moved() {
    return keyOf(this.thresholds) !== this.first;
  }
  fill(quantities) {
    this.data.quantities.push(...quantities);
    if (this.moved) this.calls = recall(this.spec, this.data, this.thresholds, null, null);
    this.tell("axis", "calls");
  }
  get current() {
    return this.spec.axes[this.axis];
  }
  // Names of samples and patients: only where they were sent.
  nameOf(row) {
    const patient = this.spec.patient >= 0 ? this.columnWord(this.spec.patient, row) : "";
    const time = this.spec.timepoint >= 0 ? this.columnWord(this.spec.timepoint, row) : "";
    return [patient, time].filter((word) => word).join(", ") || `observation ${row + 1}`;
  }
  // A call as it is printed: of the cohort, or of one observation.
  wordOf(axis, call, row = -1) {
    const kinds2 = this.spec.columns.findIndex((one) => one.name === "timepoint_kind");
    const kind = row >= 0 && kinds2 >= 0 ? this.columnWord(kinds2, row) : "";
    const known = Object.keys(axis.by_kind).includes(kind);
    return (known ? axis.by_kind[kind] : axis.words)[call];
  }
  columnWord(column, row) {
    return this.spec.columns[column].names[this.data.columns[column][row]];
  }
  listen(listener) {
    this.listeners.push(listener);
  }
  tell(...changed) {
    const set = new Set(changed);
    for (const listener of this.listeners) listener(set);
  }
  move(axis, name, value2) {
    const number2 = this.spec.axes.findIndex((one) => one.id === axis);
    const exact = Math.fround(value2);
    if (number2 < 0 || !Number.isFinite(exact) || !(name in this.thresholds[axis]) || this.thresholds[axis][name] === exact)
      return;
    this.thresholds[axis][name] = exact;
    if (this.ready)
      this.calls = recall(
        this.spec,
        this.data,
        this.thresholds,
        this.calls,
        touched(this.spec, number2)
      );
    this.tell("calls");
  }
  // All thresholds at once, from Python.
  take(thresholds2) {
    for (const [axis, values] of Object.entries(thresholds2))
      for (const [name, value2] of Object.entries(values)) this.move(axis, name, value2);
  }
  get part() {
    return this.spec.n_drawn < this.spec.n_obs;
  }
  // Whether the counts of all observations are being made for thresholds that have moved since.
  get pending() {
    return this.ready ? this.part && this.totals?.key !== keyOf(this.thresholds) : this.moved;
  }
  // Counts of all observations at the thresholds of now; NaN until they are known.
  counts(axis) {
    const one = this.spec.axes[axis];
    const known = this.part ? this.totals?.counts[one.id] ?? one.names.map(() => NaN) : tally(this.calls.final[axis], one.names.length);
    return this.pending ? known.map((n) => n === 0 ? 0 : NaN) : known;
  }
  coloring() {
    const [kind, name] = [
      this.color.slice(0, this.color.indexOf(":")),
      this.color.slice(this.color.indexOf(":") + 1)
    ];
    const plain = { low: 0, high: 0 };
    if (kind === "axis") {
      const number2 = this.spec.axes.findIndex((axis2) => axis2.id === name), axis = this.spec.axes[number2];
      return {
        ...plain,
        kind,
        title: axis.title,
        names: axis.names,
        words: axis.words,
        texts: axis.texts,
        colors: axis.colors,
        codes: this.calls.final[number2],
        counts: this.counts(number2)
      };
    }
    if (kind === "column") {
      const number2 = this.spec.columns.findIndex((column2) => column2.name === name), column = this.spec.columns[number2];
      const codes = this.data.columns[number2];
      return {
        ...plain,
        kind,
        title: column.name,
        names: column.names,
        words: column.names,
        texts: column.names.map(() => ""),
        colors: column.colors,
        codes,
        counts: column.counts
      };
    }
    const found = this.spec.quantities.findIndex((quantity2) => quantity2.name === name);
    const values = kind === "gene" && this.gene ? this.gene.values : this.data.quantities[Math.max(0, found)] ?? new Float32Array(this.spec.n_drawn).fill(NaN);
    const sorted = Float32Array.from(values).filter((v) => v === v).sort();
    const low = sorted.length ? sorted[Math.floor(sorted.length * 0.02)] : 0, high = sorted.length ? sorted[Math.floor((sorted.length - 1) * 0.98)] : 1;
    const quantity = this.spec.quantities[Math.max(0, found)];
    const title2 = kind === "gene" ? name : `${quantity.title} (${quantity.unit})`;
    return {
      kind: kind === "gene" ? "gene" : "quantity",
      title: title2,
      names: [],
      words: [],
      texts: [],
      colors: [],
      codes: stepped(values, low, high),
      counts: [],
      low,
      high
    };
  }
  layer(points) {
    const coloring = this.coloring();
    const colors = coloring.names.length ? coloring.colors.map(hex) : [...ramp(), hex("#DDDDDD")];
    const shown = coloring.names.length ? coloring.names.map((name) => !this.hidden.has(name)) : colors.map(() => true);
    return { points, codes: coloring.codes, colors, shown, selected: this.selected };
  }
  select(mask, lasso = null) {
    this.lasso = lasso;
    this.selected = mask && mask.some((one) => one) ? mask : null;
    this.tell("selected");
  }
  get nSelected() {
    return this.selected ? this.selected.reduce((a, b) => a + b, 0) : 0;
  }
};

// src/explorer.ts
function countsTable(store) {
  const rows = store.spec.axes.flatMap(
    (axis, i) => store.counts(i).map((n, call) => ({ cells: [axis.title, axis.words[call], n] })).filter((row) => row.cells[2] !== 0)
  );
  return table(
    `Calls of all ${grouped(store.spec.n_obs)} observations`,
    ["axis", "call", "n"],
    rows
  );
}
function head(spec) {
  const node = el(
    "div",
    {},
    el(
      "div",
      { class: "rt-head" },
      el("strong", { text: short(spec.title, 90) }),
      el("span", {
        class: "rt-soft",
        text: `${grouped(spec.n_obs)} observations. Research use only; nothing here predicts response.`
      })
    )
  );
  if (spec.note) node.append(el("p", { class: "rt-banner", text: spec.note }));
  if (spec.n_drawn < spec.n_obs)
    node.append(
      el("p", {
        class: "rt-banner",
        attr: { "data-testid": "rt-part" },
        text: `${grouped(spec.n_drawn)} of ${grouped(spec.n_obs)} observations are drawn, each class by its fraction; the counts are of all.`
      })
    );
  return node;
}
function tabs(store) {
  const buttons = store.spec.axes.map(
    (axis, i) => el("button", {
      text: short(axis.title, 34),
      title: axis.title,
      attr: { type: "button", "aria-pressed": "false", "data-testid": `rt-axis-${axis.id}` },
      on: {
        click: () => {
          store.axis = i;
          store.color = `axis:${axis.id}`;
          store.hidden.clear();
          store.tell("axis", "color");
        }
      }
    })
  );
  const draw = () => buttons.forEach((button2, i) => button2.setAttribute("aria-pressed", String(i === store.axis)));
  return {
    node: el("div", { class: "rt-bar", attr: { role: "group", "aria-label": "axis" } }, ...buttons),
    draw
  };
}
function colorBar(store, link, say) {
  const { spec } = store;
  const choose2 = el("select", { attr: { "aria-label": "colour by", "data-testid": "rt-color" } });
  const option = (value2, text) => el("option", { text: short(text, 60), attr: { value: value2 } });
  const fill = () => {
    empty(choose2);
    choose2.append(
      ...spec.axes.map((axis) => option(`axis:${axis.id}`, `call: ${axis.title}`)),
      ...spec.columns.map((c) => option(`column:${c.name}`, c.name)),
      ...spec.quantities.map((q) => option(`quantity:${q.name}`, q.title))
    );
    if (store.gene) choose2.append(option(`gene:${store.gene.name}`, `gene: ${store.gene.name}`));
    choose2.value = store.color;
  };
  const paint2 = (what) => {
    store.color = what;
    store.hidden.clear();
    store.tell("color");
  };
  choose2.addEventListener("change", () => paint2(choose2.value));
  const search = el("input", {
    attr: {
      type: "text",
      "aria-label": "search a gene or a signature and colour by it",
      placeholder: spec.has_genes ? "gene or signature" : "signature",
      "data-testid": "rt-search",
      size: 14,
      maxlength: 60
    }
  });
  const find = () => {
    const typed2 = search.value.trim().toLowerCase();
    if (!typed2) return;
    const known = spec.quantities.find(
      (q) => q.name.toLowerCase() === typed2 || q.signature.toLowerCase() === typed2
    ) ?? spec.quantities.find(
      (q) => `${q.name} ${q.title} ${q.signature}`.toLowerCase().includes(typed2)
    );
    if (!spec.has_genes)
      return known ? paint2(`quantity:${known.name}`) : say.alert(`No signature or quantity matches ${short(typed2)}.`);
    link.request("gene", { gene: search.value.trim() }).then(
      (answer) => {
        store.gene = {
          name: String(answer.content.gene),
          values: floats(answer.buffers[0], spec.n_drawn)
        };
        say.alert("");
        paint2(`gene:${store.gene.name}`);
      },
      (error) => {
        if (known) paint2(`quantity:${known.name}`);
        else say.alert(error.message);
      }
    );
  };
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") find();
  });
  const button2 = el("button", {
    text: "colour",
    attr: { type: "button", "data-testid": "rt-find" },
    on: { click: find }
  });
  return {
    node: el("div", { class: "rt-bar" }, el("label", {}, "colour by ", choose2), search, button2),
    draw: fill
  };
}
function show2(store, link, box, after) {
  const { spec } = store;
  const live = link.model.get("_live") === true;
  const moved = /* @__PURE__ */ new Map();
  const sendThresholds = debounce(60, () => {
    if (!moved.size) return;
    const all = structuredClone(link.model.get("thresholds") ?? {});
    for (const [axis, name] of moved.values())
      (all[axis] ?? (all[axis] = {}))[name] = store.thresholds[axis][name];
    moved.clear();
    link.push("thresholds", all);
  });
  const sendSelection = debounce(
    60,
    () => link.push(
      "selected",
      new DataView((store.selected ? packBits(store.selected) : new Uint8Array(0)).buffer)
    )
  );
  const sendAll = () => {
    sendThresholds.now();
    sendSelection.now();
  };
  const recount = debounce(20, () => {
    const key = keyOf(store.thresholds), axis = store.current.id;
    if (!live || !store.part || store.totals?.key === key && store.totals.axis === axis) return;
    link.request("count", { thresholds: structuredClone(store.thresholds), axis }).then(
      ({ content, buffers }) => {
        if (key !== keyOf(store.thresholds) || axis !== store.current.id) return;
        store.totals = {
          key,
          axis,
          counts: content.counts,
          groups: buffers[0] ? new Uint32Array(copied(buffers[0])) : null
        };
        store.tell("counts");
      },
      (error) => box.alert(error.message)
    );
  });
  const fetched = () => {
    const at = spec.quantities.findIndex((q) => `quantity:${q.name}` === store.color);
    if (!live || !store.ready || at < spec.n_ruled || store.data.quantities[at]) return;
    link.request("quantities", { names: [spec.quantities[at].name] }).then(
      ({ buffers }) => {
        store.data.quantities[at] = floats(buffers[0], spec.n_drawn);
        store.tell("color");
      },
      (error) => box.alert(error.message)
    );
  };
  const askGenes = live && spec.has_genes ? async () => {
    const answer = await link.request("drivers", { n: spec.n_drawn }, [
      packBits(store.selected ?? new Uint8Array(spec.n_drawn))
    ]);
    return answer.content.genes;
  } : null;
  const picture = scatter(store, box), list = legend(store), cut = thresholds(store, (axis, name) => {
    moved.set(`${axis} ${name}`, [axis, name]);
    sendThresholds();
  });
  const people = cohort(store), proof = evidence(store, askGenes), axes = tabs(store), colors = colorBar(store, link, box);
  const numbers = el("div", {
    class: "rt-scroll",
    attr: { tabindex: 0, role: "region", "aria-label": "counts" }
  });
  const step = live ? steps(store, link, box, sendAll) : null;
  const drawNumbers = () => {
    empty(numbers);
    numbers.append(countsTable(store));
  };
  const reset = el("button", {
    text: "reset all thresholds",
    attr: { type: "button", "data-testid": "rt-reset" },
    on: {
      click: () => {
        if (live) return step?.reset();
        for (const axis of spec.axes)
          for (const t of axis.thresholds) {
            if (store.thresholds[axis.id][t.name] !== Math.fround(t.value)) {
              moved.set(`${axis.id} ${t.name}`, [axis.id, t.name]);
              store.move(axis.id, t.name, t.value);
            }
          }
        sendThresholds();
      }
    }
  });
  const left = el("div", {}, colors.node, picture.node, step?.regions ?? "", list.node, proof.node);
  const right = el(
    "div",
    {},
    axes.node,
    el("div", {}, cut.node, el("div", { class: "rt-bar" }, step?.back ?? "", reset)),
    people.node,
    el("section", {}, el("details", {}, el("summary", { text: "all counts as a table" }), numbers))
  );
  empty(box.body);
  box.body.append(head(spec), el("div", { class: "rt-grid" }, left, right));
  box.root.__rt = store;
  const slow = debounce(30, () => {
    people.draw();
    drawNumbers();
    proof.drawRow();
  });
  store.listen((changed) => {
    if (changed.has("axis")) {
      axes.draw();
      cut.build();
      slow();
    }
    if (changed.has("color") || changed.has("axis")) fetched();
    if (changed.has("color")) {
      colors.draw();
      if (!store.color.startsWith("gene:") && link.model.get("color_by") !== store.color)
        link.push("color_by", store.color);
    }
    if (changed.has("calls")) cut.draw();
    if (changed.has("calls") || changed.has("counts")) slow();
    if (changed.has("calls") || changed.has("axis")) recount();
    if (changed.has("selected")) {
      sendSelection();
      proof.drawSelection();
      step?.draw();
      slow();
    }
    if (changed.has("row")) proof.drawRow();
    if (["calls", "counts", "color", "hidden"].some((one) => changed.has(one)))
      list.draw();
    if (changed.has("counts")) picture.tell();
    else if (!changed.has("row")) picture.draw();
    const counted = store.counts(store.axis).map((n, i) => n ? `${store.current.words[i]} ${n}` : "").filter((text) => text);
    if (!store.pending)
      box.status(
        `${store.current.title}: ${counted.join(", ")}` + (store.selected ? `; ${store.nSelected} selected` : "")
      );
  });
  link.watch("thresholds", (value2) => store.take(value2));
  link.watch("color_by", (value2) => {
    store.color = String(value2);
    const at = spec.axes.findIndex((axis) => `axis:${axis.id}` === value2);
    if (at >= 0 && at !== store.axis) {
      store.axis = at;
      store.tell("axis", "color");
    } else store.tell("color");
  });
  link.watch("selected", (value2) => {
    const bits = asView(value2);
    store.select(
      bits.byteLength ? unpackBits(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength), spec.n_drawn) : null
    );
  });
  axes.draw();
  cut.build();
  colors.draw();
  list.draw();
  proof.drawRow();
  proof.drawSelection();
  picture.draw();
  requestAnimationFrame(
    () => setTimeout(() => {
      people.draw();
      drawNumbers();
      recount();
      fetched();
      after();
    }, 0)
  );
}
function start({ model, el: host }) {
  const box = frame(host, "resistype explorer");
  const link = new Link(model);
  box.body.append(el("p", { class: "rt-soft", text: "loading …" }));
  link.request("data").then(async (answer) => {
    const spec = answer.content.spec;
    const store = new Store(spec, readData(spec, answer.buffers));
    store.take(model.get("thresholds") ?? {});
    const color = String(model.get("color_by") ?? "");
    if (color) store.color = color;
    store.axis = Math.max(
      0,
      spec.axes.findIndex((axis) => `axis:${axis.id}` === color)
    );
    const bits = asView(model.get("selected") ?? new ArrayBuffer(0));
    if (bits.byteLength)
      store.selected = unpackBits(
        new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength),
        spec.n_drawn
      );
    const rest = async () => {
      if (store.ready) return;
      const { buffers } = await link.request("quantities", {
        names: spec.quantities.slice(0, spec.n_ruled).map((q) => q.name)
      });
      store.fill(buffers.map((one) => floats(one, spec.n_drawn)));
    };
    if (store.moved) await rest();
    show2(store, link, box, () => {
      rest().catch((error) => box.alert(error.message));
    });
  }).catch((error) => {
    empty(box.body);
    box.alert(error.message);
  });
  return () => {
    link.close();
    box.root.remove();
  };
}
function render4(given) {
  let stop = start(given);
  const again = () => {
    stop();
    stop = start(given);
  };
  given.model.on("change:_fresh", again);
  return () => {
    given.model.off("change:_fresh", again);
    stop();
  };
}
var explorer_default = { render: render4 };

// src/runner.ts
function field(option) {
  const { name, help, allowed, value: value2 } = option;
  const attr = { name, title: help, "data-testid": `rt-read-${name}` };
  const label2 = (input) => el("label", {}, words(name), " ", input);
  if (typeof value2 === "boolean") {
    const box = el("input", { attr: { ...attr, type: "checkbox" } });
    box.checked = value2;
    return { label: label2(box), value: () => box.checked };
  }
  if (allowed.length) {
    const choice = el("select", { attr });
    for (const word of allowed)
      choice.append(el("option", { text: word || "found", attr: { value: word } }));
    choice.value = String(value2);
    return { label: label2(choice), value: () => choice.value };
  }
  const text = el("input", { attr: { ...attr, type: "text", size: 12 } });
  text.value = Array.isArray(value2) ? value2.join(", ") : value2;
  const parts = () => text.value.split(",").map((part) => part.trim());
  return {
    label: label2(text),
    value: () => Array.isArray(value2) ? parts().filter(Boolean) : text.value.trim()
  };
}
function clock(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  return seconds < 90 ? `${Math.max(0, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
function render5({ model, el: host }) {
  const box = frame(host, "resistype runner");
  const link = new Link(model);
  const title2 = el("strong", { text: short(String(model.get("title")), 120) });
  const summary = el("div", {}), log = el("div", { attr: { "data-testid": "rt-log" } }), result = el("div", {
    class: "rt-scroll",
    attr: { tabindex: 0, role: "region", "aria-label": "result", "data-testid": "rt-result" }
  });
  const bar = el("progress", { attr: { max: 1, value: 0, "aria-label": "progress" } });
  const line = el("p", { attr: { "data-testid": "rt-progress" } });
  const ask = (what, given = {}) => {
    link.request(what, given, [], 300).then(
      () => box.alert(""),
      (error) => box.alert(error.message)
    );
  };
  const start2 = el("button", {
    text: "start",
    attr: { type: "button", "data-testid": "rt-start" },
    on: { click: () => ask("start") }
  });
  const cancel = el("button", {
    text: "cancel",
    attr: { type: "button", "data-testid": "rt-cancel" },
    on: { click: () => ask("cancel") }
  });
  const form = el("details", { attr: { "data-testid": "rt-reading" } });
  const drawReading = () => {
    empty(form);
    const fields = (model.get("reading") ?? []).map((option) => ({
      name: option.name,
      ...field(option)
    }));
    form.hidden = !fields.length;
    if (form.hidden) return;
    const again = el("button", {
      text: "read again",
      attr: { type: "button", "data-testid": "rt-read" },
      on: {
        click: () => ask("read", { words: Object.fromEntries(fields.map((f) => [f.name, f.value()])) })
      }
    });
    form.append(
      el("summary", { text: "how the input is read" }),
      el("div", { class: "rt-bar" }, ...fields.map((f) => f.label), again)
    );
  };
  const drawState = () => {
    const state = model.get("state");
    const running = state.phase === "running" || state.phase === "cancelling";
    start2.disabled = running;
    cancel.disabled = state.phase !== "running";
    bar.value = state.total ? state.done / state.total : state.phase === "done" ? 1 : 0;
    const rate = state.seconds > 0 ? state.done / state.seconds : NaN;
    const left = running && rate > 0 ? `, ${number(rate, 2)} a second, ${clock((state.total - state.done) / rate)} left` : "";
    const counted = state.total ? `: ${state.done} of ${state.total}` : "";
    const told = state.text ? `. ${clean(state.text, 1200)}` : "";
    line.textContent = `${words(state.phase)}${counted}${left}${told}`;
    box.status(line.textContent);
  };
  const drawLists = () => {
    empty(summary);
    empty(log);
    for (const text of model.get("checks") ?? [])
      summary.append(el("p", { text: clean(text, 1200) }));
    for (const text of model.get("warnings") ?? [])
      log.append(el("p", { text: `⚠ ${clean(text, 1200)}` }));
  };
  const drawResult = () => {
    empty(result);
    const found = model.get("result");
    if (found && found.head.length)
      result.append(
        table(
          found.caption,
          found.head,
          found.rows.map((cells) => ({ cells }))
        )
      );
  };
  box.body.append(
    el(
      "div",
      { class: "rt-head" },
      title2,
      el("span", { class: "rt-soft", text: "Research use only." })
    ),
    summary,
    form,
    el("div", { class: "rt-bar" }, start2, cancel),
    bar,
    line,
    log,
    result
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
var runner_default = { render: render5 };

// src/main.ts
var kinds = new Map(
  Object.entries({ compare: compare_default, curator: curator_default, explorer: explorer_default, runner: runner_default })
);
function render6(given) {
  const kind = String(given.model.get("_kind"));
  const known = kinds.get(kind);
  if (known) return known.render(given);
  const box = frame(given.el, "resistype");
  box.alert(
    "The page and Python have different versions of resistype: restart the kernel and reload the page."
  );
  return () => box.root.remove();
}
var main_default = { render: render6 };
export {
  main_default as default
};
