// The Explorer: asks Python once for the data, then everything moves here; thresholds and selection
// go back as traits.
import { el, empty, grouped, short, table, words } from "./dom.ts";
import { frame, type Frame } from "./frame.ts";
import { asView, copied, debounce, Link, type AnyModel } from "./model.ts";
import { cohort } from "./parts/cohort.ts";
import { evidence, type Gene } from "./parts/evidence.ts";
import { legend } from "./parts/legend.ts";
import { scatter } from "./parts/scatter.ts";
import { steps } from "./parts/steps.ts";
import { thresholds } from "./parts/thresholds.ts";
import { floats, readData, type Spec, type Thresholds } from "./spec.ts";
import { packBits, unpackBits } from "./stats.ts";
import { keyOf, Store } from "./store.ts";

function countsTable(store: Store): HTMLElement {
  const rows = store.spec.axes.flatMap((axis, i) =>
    store
      .counts(i)
      .map((n, call) => ({ cells: [axis.title, words(axis.names[call]), n] }))
      .filter((row) => row.cells[2] !== 0),
  );
  return table(
    `Calls of all ${grouped(store.spec.n_obs)} observations`,
    ["axis", "call", "n"],
    rows,
  );
}

function head(spec: Spec): HTMLElement {
  const node = el(
    "div",
    {},
    el(
      "div",
      { class: "rt-head" },
      el("strong", { text: short(spec.title, 90) }),
      el("span", {
        class: "rt-soft",
        text:
          `${grouped(spec.n_obs)} observations. ` +
          "Research use only; nothing here predicts response.",
      }),
    ),
  );
  if (spec.note) node.append(el("p", { class: "rt-banner", text: spec.note }));
  if (spec.n_drawn < spec.n_obs)
    node.append(
      el("p", {
        class: "rt-banner",
        attr: { "data-testid": "rt-part" },
        text:
          `${grouped(spec.n_drawn)} of ${grouped(spec.n_obs)} observations are drawn, ` +
          "each class by its fraction; the counts are of all.",
      }),
    );
  return node;
}

function tabs(store: Store): { node: HTMLElement; draw(): void } {
  const buttons = store.spec.axes.map((axis, i) =>
    el("button", {
      text: short(axis.title, 34),
      title: axis.title,
      attr: { type: "button", "aria-pressed": "false", "data-testid": `rt-axis-${axis.id}` },
      on: {
        click: () => {
          store.axis = i;
          store.color = `axis:${axis.id}`;
          store.hidden.clear();
          store.tell("axis", "color");
        },
      },
    }),
  );
  const draw = (): void =>
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === store.axis)));
  return {
    node: el("div", { class: "rt-bar", attr: { role: "group", "aria-label": "axis" } }, ...buttons),
    draw,
  };
}

function colorBar(store: Store, link: Link, say: Frame): { node: HTMLElement; draw(): void } {
  const { spec } = store;
  const choose = el("select", { attr: { "aria-label": "colour by", "data-testid": "rt-color" } });
  const option = (value: string, text: string): HTMLElement =>
    el("option", { text: short(text, 60), attr: { value } });
  const fill = (): void => {
    empty(choose);
    choose.append(
      ...spec.axes.map((axis) => option(`axis:${axis.id}`, `call: ${axis.title}`)),
      ...spec.columns.map((c) => option(`column:${c.name}`, c.name)),
      ...spec.quantities.map((q) => option(`quantity:${q.name}`, q.title)),
    );
    if (store.gene) choose.append(option(`gene:${store.gene.name}`, `gene: ${store.gene.name}`));
    choose.value = store.color;
  };
  const paint = (what: string): void => {
    store.color = what;
    store.hidden.clear();
    store.tell("color");
  };
  choose.addEventListener("change", () => paint(choose.value));
  const search = el("input", {
    attr: {
      type: "text",
      "aria-label": "search a gene or a signature and colour by it",
      placeholder: spec.has_genes ? "gene or signature" : "signature",
      "data-testid": "rt-search",
      size: 14,
      maxlength: 60,
    },
  });
  const find = (): void => {
    const typed = search.value.trim().toLowerCase();
    if (!typed) return;
    const known =
      spec.quantities.find(
        (q) => q.name.toLowerCase() === typed || q.signature.toLowerCase() === typed,
      ) ??
      spec.quantities.find((q) =>
        `${q.name} ${q.title} ${q.signature}`.toLowerCase().includes(typed),
      );
    if (!spec.has_genes)
      return known
        ? paint(`quantity:${known.name}`)
        : say.alert(`No signature or quantity matches ${short(typed)}.`);
    link.request("gene", { gene: search.value.trim() }).then(
      (answer) => {
        store.gene = {
          name: String(answer.content.gene),
          values: floats(answer.buffers[0], spec.n_drawn),
        };
        say.alert("");
        paint(`gene:${store.gene.name}`);
      },
      (error: Error) => {
        if (known) paint(`quantity:${known.name}`);
        else say.alert(error.message);
      },
    );
  };
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") find();
  });
  const button = el("button", {
    text: "colour",
    attr: { type: "button", "data-testid": "rt-find" },
    on: { click: find },
  });
  return {
    node: el("div", { class: "rt-bar" }, el("label", {}, "colour by ", choose), search, button),
    draw: fill,
  };
}

function show(store: Store, link: Link, box: Frame, after: () => void): void {
  const { spec } = store;
  const live = link.model.get("_live") === true;
  const moved = new Map<string, [string, string]>();
  const sendThresholds = debounce(60, () => {
    if (!moved.size) return;
    // Only what was moved is sent; what was not touched stays exactly as it is in Python.
    const all = structuredClone((link.model.get("thresholds") ?? {}) as Thresholds);
    for (const [axis, name] of moved.values())
      (all[axis] ??= {})[name] = store.thresholds[axis][name];
    moved.clear();
    link.push("thresholds", all);
  });
  const sendSelection = debounce(60, () =>
    link.push(
      "selected",
      new DataView((store.selected ? packBits(store.selected) : new Uint8Array(0)).buffer),
    ),
  );
  const sendAll = (): void => {
    sendThresholds.now();
    sendSelection.now();
  };
  // Where only a part is here, Python counts all, at the thresholds of the question: what comes
  // late is thrown away.
  const recount = debounce(20, () => {
    const key = keyOf(store.thresholds),
      axis = store.current.id;
    if (!live || !store.part || (store.totals?.key === key && store.totals.axis === axis)) return;
    link.request("count", { thresholds: structuredClone(store.thresholds), axis }).then(
      ({ content, buffers }) => {
        if (key !== keyOf(store.thresholds) || axis !== store.current.id) return;
        store.totals = {
          key,
          axis,
          counts: content.counts as Record<string, number[]>,
          groups: buffers[0] ? new Uint32Array(copied(buffers[0])) : null,
        };
        store.tell("counts");
      },
      (error: Error) => box.alert(error.message),
    );
  });
  // Quantities that stand in no rule come when they are asked for.
  const fetched = (): void => {
    const at = spec.quantities.findIndex((q) => `quantity:${q.name}` === store.color);
    if (!live || !store.ready || at < spec.n_ruled || store.data.quantities[at]) return;
    link.request("quantities", { names: [spec.quantities[at].name] }).then(
      ({ buffers }) => {
        store.data.quantities[at] = floats(buffers[0], spec.n_drawn);
        store.tell("color");
      },
      (error: Error) => box.alert(error.message),
    );
  };
  const askGenes =
    live && spec.has_genes
      ? async (): Promise<Gene[]> => {
          const answer = await link.request("drivers", { n: spec.n_drawn }, [
            packBits(store.selected ?? new Uint8Array(spec.n_drawn)),
          ]);
          return answer.content.genes as Gene[];
        }
      : null;

  const picture = scatter(store, box),
    list = legend(store),
    cut = thresholds(store, (axis, name) => {
      moved.set(`${axis} ${name}`, [axis, name]);
      sendThresholds();
    });
  const people = cohort(store),
    proof = evidence(store, askGenes),
    axes = tabs(store),
    colors = colorBar(store, link, box);
  const numbers = el("div", {
    class: "rt-scroll",
    attr: { tabindex: 0, role: "region", "aria-label": "counts" },
  });
  const step = live ? steps(store, link, box, sendAll) : null;
  const drawNumbers = (): void => {
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
      },
    },
  });
  const left = el("div", {}, colors.node, picture.node, step?.regions ?? "", list.node, proof.node);
  const right = el(
    "div",
    {},
    axes.node,
    el("div", {}, cut.node, el("div", { class: "rt-bar" }, step?.back ?? "", reset)),
    people.node,
    el("section", {}, el("details", {}, el("summary", { text: "all counts as a table" }), numbers)),
  );
  empty(box.body);
  box.body.append(head(spec), el("div", { class: "rt-grid" }, left, right));
  (box.root as unknown as { __rt: Store }).__rt = store;

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
    if (["calls", "counts", "color", "hidden"].some((one) => changed.has(one as "calls")))
      list.draw();
    if (changed.has("counts")) picture.tell();
    else if (!changed.has("row")) picture.draw();
    const counted = store
      .counts(store.axis)
      .map((n, i) => (n ? `${words(store.current.names[i])} ${n}` : ""))
      .filter((text) => text);
    if (!store.pending)
      box.status(
        `${store.current.title}: ${counted.join(", ")}` +
          (store.selected ? `; ${store.nSelected} selected` : ""),
      );
  });
  link.watch("thresholds", (value) => store.take(value as Thresholds));
  link.watch("color_by", (value) => {
    store.color = String(value);
    const at = spec.axes.findIndex((axis) => `axis:${axis.id}` === value);
    if (at >= 0 && at !== store.axis) {
      store.axis = at;
      store.tell("axis", "color");
    } else store.tell("color");
  });
  link.watch("selected", (value) => {
    const bits = asView(value);
    store.select(
      bits.byteLength
        ? unpackBits(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength), spec.n_drawn)
        : null,
    );
  });
  axes.draw();
  cut.build();
  colors.draw();
  list.draw();
  proof.drawRow();
  proof.drawSelection();
  picture.draw();
  // The picture first: what needs longer waits until it is on the screen.
  requestAnimationFrame(() =>
    setTimeout(() => {
      people.draw();
      drawNumbers();
      recount();
      fetched();
      after();
    }, 0),
  );
}

function start({ model, el: host }: { model: AnyModel; el: HTMLElement }): () => void {
  const box = frame(host, "resistype explorer");
  const link = new Link(model);
  box.body.append(el("p", { class: "rt-soft", text: "loading …" }));
  link
    .request("data")
    .then(async (answer) => {
      const spec = answer.content.spec as Spec;
      const store = new Store(spec, readData(spec, answer.buffers));
      store.take((model.get("thresholds") ?? {}) as Thresholds);
      const color = String(model.get("color_by") ?? "");
      if (color) store.color = color;
      store.axis = Math.max(
        0,
        spec.axes.findIndex((axis) => `axis:${axis.id}` === color),
      );
      const bits = asView(model.get("selected") ?? new ArrayBuffer(0));
      if (bits.byteLength)
        store.selected = unpackBits(
          new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength),
          spec.n_drawn,
        );
      const rest = async (): Promise<void> => {
        if (store.ready) return;
        const { buffers } = await link.request("quantities", {
          names: spec.quantities.slice(0, spec.n_ruled).map((q) => q.name),
        });
        store.fill(buffers.map((one) => floats(one, spec.n_drawn)));
      };
      if (store.moved) await rest(); // the calls of the scheme are not those of now
      show(store, link, box, () => {
        rest().catch((error: Error) => box.alert(error.message));
      });
    })
    .catch((error: Error) => {
      empty(box.body);
      box.alert(error.message);
    });
  return () => {
    link.close();
    box.root.remove();
  };
}

// A quantity that was added in Python is shown by asking for the data again.
function render(given: { model: AnyModel; el: HTMLElement }): () => void {
  let stop = start(given);
  const again = (): void => {
    stop();
    stop = start(given);
  };
  given.model.on("change:_fresh", again);
  return () => {
    given.model.off("change:_fresh", again);
    stop();
  };
}

export default { render };
