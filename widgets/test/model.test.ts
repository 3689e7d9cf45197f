import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, grouped, number, short } from "../src/dom.ts";
import { debounce, Link, type AnyModel } from "../src/model.ts";
import { bytes, pageModel } from "../src/host.ts";

function fake(): AnyModel & {
  state: Record<string, unknown>;
  sent: any[];
  fire(name: string, ...given: unknown[]): void;
} {
  const listeners = new Map<string, Set<(...given: unknown[]) => void>>();
  const state: Record<string, unknown> = {},
    sent: any[] = [];
  return {
    state,
    sent,
    get: (name) => state[name],
    set: (name, value) => {
      state[name] = value;
    },
    save_changes: () => undefined,
    on: (name, one) => {
      listeners.set(name, (listeners.get(name) ?? new Set()).add(one as never));
    },
    off: (name, one) => {
      listeners.get(name)?.delete(one as never);
    },
    send: (content, _callbacks, buffers) => {
      sent.push({ content, buffers });
    },
    fire: (name, ...given) => {
      for (const one of [...(listeners.get(name) ?? [])]) one(...given);
    },
  };
}

test("a request carries its inputs and is answered by its id", async () => {
  const model = fake(),
    link = new Link(model);
  const first = link.request("drivers", { n: 3 }, [Uint8Array.from([160])]),
    second = link.request("gene", { gene: "B2M" });
  const [a, b] = model.sent;
  assert.deepEqual(
    [a.content.what, a.content.n, Array.from(new Uint8Array(a.buffers[0]))],
    ["drivers", 3, [160]],
  );
  model.fire("msg:custom", { id: b.content.id, error: "no such gene" }, []);
  model.fire("msg:custom", { id: a.content.id, genes: [] }, [new ArrayBuffer(4)]);
  assert.equal((await first).buffers[0].byteLength, 4);
  await assert.rejects(second, /no such gene/);
  link.close();
});

test("no answer is an error after the time", async () => {
  const link = new Link(fake());
  await assert.rejects(link.request("data", {}, [], 0.01), /no answer from Python/);
});

test("answers to nobody and broken answers are let pass", () => {
  const model = fake(),
    link = new Link(model);
  for (const given of [null, {}, { id: 7 }, { id: "nobody" }, "text"])
    model.fire("msg:custom", given, null);
  link.close();
});

test("one's own echo is not news; a change of Python is", () => {
  const model = fake(),
    link = new Link(model),
    heard: unknown[] = [];
  link.watch("thresholds", (value) => heard.push(value));
  link.push("thresholds", { a: { x: 1, y: 2 } });
  model.state.thresholds = { a: { y: 2, x: 1 } };
  model.fire("change:thresholds");
  assert.deepEqual(heard, []);
  model.state.thresholds = { a: { x: 3, y: 2 } };
  model.fire("change:thresholds");
  assert.deepEqual(heard, [{ a: { x: 3, y: 2 } }]);
  link.close();
  model.fire("change:thresholds");
  assert.equal(heard.length, 1);
});

test("the page answers for its data and says so where it needs Python", async () => {
  const link = new Link(
    pageModel({ color_by: "axis:a" }, { spec: { title: "x" } }, [btoa("\u0001\u0002")]),
  );
  const answer = await link.request("data");
  assert.deepEqual([answer.content.spec, answer.buffers[0].byteLength], [{ title: "x" }, 2]);
  await assert.rejects(link.request("drivers"), /needs Python/);
  assert.deepEqual(Array.from(new Uint8Array(bytes(btoa("\u00ff\u0000")))), [255, 0]);
  link.close();
});

test("labels lose control characters and length, never their text", () => {
  assert.equal(clean("a\u202eb\u0000c"), "a\ufffdb\ufffdc");
  assert.equal(short("x".repeat(100), 5), "xxxx…");
  assert.equal(short("<b onmouseover=1>"), "<b onmouseover=1>");
  assert.equal(number(-0.00012345), "−1.23e−4".replace("e−", "e-"));
  assert.equal(grouped(1234567), "1\u202f234\u202f567");
});

test("a request says after which change of this page it was made", () => {
  const model = fake(),
    link = new Link(model),
    other = new Link(model);
  link.request("step").catch(() => undefined);
  link.push("a", 1);
  other.push("b", 2);
  link.push("a", 3);
  link.request("step").catch(() => undefined);
  const [mine, ...rest] = Object.entries(model.state._sent as Record<string, number>);
  assert.deepEqual(
    model.sent.map((one) => one.content.after),
    [{}, { [mine[0]]: 2 }],
  );
  assert.deepEqual([mine[1], rest.map(([, n]) => n)], [2, [1]]);
  link.close();
  other.close();
});

test("what waits can be done at once, and is done once", async () => {
  let done = 0;
  const act = debounce(5, () => {
    done++;
  });
  act.now();
  assert.equal(done, 0);
  act();
  act();
  act.now();
  act.now();
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  assert.equal(done, 1);
});
