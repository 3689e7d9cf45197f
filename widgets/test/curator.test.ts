import assert from "node:assert/strict";
import { test } from "node:test";
import { arranged, ORDERS } from "../src/curator/sheet.ts";
import type { Row } from "../src/curator/view.ts";

const row = (name: string, r: number | null, said: string[] = []): Row => ({
  key: 0,
  name,
  down: false,
  weight: "",
  citation: "",
  note: "",
  cells: [1, 1, r, 0],
  bad: said.length > 0,
  said,
  mends: [],
});
const rows = [
  row("STAT1", 0.9),
  row("1-Mar", null, ["✗ L104"]),
  row("B2M", -0.2),
  row("WARS", 0.5, ["✗ L102"]),
  row("TAP1", 0.1),
];
const names = (found: Row[]): string[] => found.map((one) => one.name);

test("genes stand as Python lists them until another order is asked for", () => {
  assert.deepEqual(names(arranged(rows, ORDERS[0], "")), ["STAT1", "1-Mar", "B2M", "WARS", "TAP1"]);
  assert.deepEqual(names(rows), ["STAT1", "1-Mar", "B2M", "WARS", "TAP1"]);
});

test("what is to mend comes first and keeps its order", () => {
  assert.deepEqual(names(arranged(rows, ORDERS[1], "")), ["1-Mar", "WARS", "STAT1", "B2M", "TAP1"]);
});

test("what fits least comes first; what was not measured comes last", () => {
  assert.deepEqual(names(arranged(rows, ORDERS[2], "")), ["B2M", "TAP1", "WARS", "STAT1", "1-Mar"]);
});

test("find looks for a piece of the name in any letters", () => {
  assert.deepEqual(names(arranged(rows, ORDERS[0], " ta")), ["STAT1", "TAP1"]);
  assert.deepEqual(arranged(rows, ORDERS[0], "<script>"), []);
});

test("a sheet of 5,000 rows is put in order in time", () => {
  const many = Array.from({ length: 5000 }, (_, i) => row(`G${i}`, Math.sin(i)));
  const start = performance.now();
  assert.equal(arranged(many, ORDERS[2], "").length, 5000);
  console.log(`order of 5,000 rows in node: ${Math.round(performance.now() - start)} ms`);
});
