// Compare without a browser: nodes are made in a small stand-in for the document, and asked what
// they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { flow, matrix } from "../src/compare/pictures.ts";
import type { ComparedAxis } from "../src/compare/spec.ts";

class Fake {
  children: Fake[] = [];
  attributes = new Map<string, string>();
  listeners = new Map<string, () => void>();
  style: Record<string, string> = {};
  text = "";
  title = "";
  constructor(readonly tag: string) {}
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  addEventListener(name: string, act: () => void): void {
    this.listeners.set(name, act);
  }
  append(...nodes: (Fake | string)[]): void {
    for (const one of nodes) {
      if (typeof one === "string") this.text += one;
      else this.children.push(one);
    }
  }
  prepend(...nodes: Fake[]): void {
    this.children.unshift(...nodes);
  }
  set textContent(text: string) {
    this.text = text;
  }
  get textContent(): string {
    return this.text;
  }
  all(tag: string): Fake[] {
    return [...(this.tag === tag ? [this] : []), ...this.children.flatMap((one) => one.all(tag))];
  }
}

(globalThis as unknown as { document: unknown }).document = {
  createElement: (tag: string) => new Fake(tag),
  createElementNS: (_space: string, tag: string) => new Fake(tag),
};

const axis: ComparedAxis = {
  id: "ifng",
  title: "IFN",
  labels: ["up", "not_assessable"],
  counts: [
    [12, 1],
    [0, 1500],
  ],
  lines: ["a"],
  bands: [["M0 0H1", "#000000", 4, 0.3, "12: up | up"]],
  bars: [[164, 4, 30, "#000000"]],
  texts: [[159, 20, "end", "<b>up</b> 12"]],
  shift: [],
  changes: [],
  n_changes: 0,
};

test("every count that is not 0 is a button that says what it counts, and gives its cell", () => {
  const chosen: string[] = [];
  const node = matrix(axis, "caption", "0-1", (cell) => chosen.push(cell)) as unknown as Fake;
  const buttons = node.all("button");
  assert.deepEqual(
    buttons.map((one) => one.text),
    ["12", "1", "1\u202f500"],
  );
  assert.deepEqual(
    buttons.map((one) => one.attributes.get("aria-label")),
    ["12: up | up", "1: up | not assessable", "1500: not assessable | not assessable"],
  );
  assert.deepEqual(
    buttons.map((one) => one.attributes.get("aria-pressed")),
    ["false", "true", "false"],
  );
  for (const one of buttons) {
    assert.equal(one.attributes.get("data-lm-suppress-shortcuts"), "true");
    one.listeners.get("click")?.();
  }
  assert.deepEqual(chosen, ["0-0", "0-1", "1-1"]);
});

test("rows and columns have heads, and shades stay where text can be read", () => {
  const node = matrix(axis, "caption", "", () => undefined) as unknown as Fake;
  assert.deepEqual(
    node.all("th").map((one) => one.attributes.get("scope")),
    ["col", "col", "row", "row"],
  );
  for (const one of node.all("button")) {
    const share = Number(/ ([\d.]+)%/.exec(one.style.background)?.[1]);
    assert.ok(share > 0 && share <= 42);
  }
});

test("the flow is drawn as Python laid it out; names are text", () => {
  const node = flow(axis) as unknown as Fake;
  const [band] = node.all("path"),
    [bar] = node.all("rect"),
    [word] = node.all("text");
  assert.deepEqual(
    [band.attributes.get("d"), band.attributes.get("stroke-width"), band.all("title")[0].text],
    ["M0 0H1", "4", "12: up | up"],
  );
  assert.deepEqual(
    ["x", "y", "height", "fill"].map((name) => bar.attributes.get(name)),
    ["164", "4", "30", "#000000"],
  );
  assert.equal(word.text, "<b>up</b> 12");
});
