// The numbers of the house, as for Python: how long files, functions and lines may be. Prettier has
// laid out what is counted; a line counts for the innermost function it stands in, for a component
// holds its functions as a class holds its methods.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import type typescript from "typescript";

const HERE = join(process.env.RESISTYPE_ROOT ?? "..", "widgets");
// bundled, it would ask for files that are not in the bundle
const ts: typeof typescript = createRequire(join(HERE, "package.json"))("typescript");
const COLUMNS = 100,
  MAX_FILE = 500,
  MAX_BODY = 80,
  MEDIAN_BODY = 15,
  P95_BODY = 45;

interface Body {
  where: string;
  lines: number;
}

function files(folder: string, ends: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path, ends);
    return ends.test(entry.name) ? [path] : [];
  });
}

// Lines of every function of a source, without those of the functions inside it.
function bodies(name: string, text: string): Body[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const line = (at: number): number => source.getLineAndCharacterOfPosition(at).line;
  const all: { where: string; lines: Set<number> }[] = [];
  const visit = (node: typescript.Node, outer: Set<number> | null): void => {
    let inner = outer;
    const body =
      ts.isFunctionLike(node) && "body" in node ? (node.body as typescript.Node) : undefined;
    if (body) {
      const block = ts.isBlock(body);
      const first = block ? (body.statements[0]?.getStart() ?? body.end) : body.getStart();
      inner = new Set<number>();
      for (let i = line(first); i <= line(block ? body.statements.end : body.end); i++) {
        inner.add(i);
        outer?.delete(i);
      }
      all.push({ where: `${name}:${line(node.getStart()) + 1}`, lines: inner });
    }
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(source, null);
  return all.map(({ where, lines }) => ({ where, lines: lines.size }));
}

function quantile(values: number[], q: number): number {
  return [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(q * values.length))
  ];
}

const long = (all: Body[]): Body[] => all.filter(({ lines }) => lines > MAX_BODY);
const wide = (text: string): string[] => text.split("\n").filter((line) => line.length > COLUMNS);
const sources = files(join(HERE, "src"), /\.(ts|css)$/);
const tests = files(join(HERE, "test"), /\.ts$/);

test("no line is wider, and no file longer, than in Python", () => {
  assert.ok(sources.length > 20 && tests.length > 5);
  for (const path of [...sources, ...tests, join(HERE, "build.mjs")]) {
    const text = readFileSync(path, "utf8");
    assert.deepEqual(wide(text), [], path);
    assert.ok(text.split("\n").length - 1 <= MAX_FILE, path);
  }
});

test("functions are short", () => {
  const all = sources
    .filter((path) => path.endsWith(".ts"))
    .flatMap((path) => bodies(path, readFileSync(path, "utf8")));
  const lines = all.map((body) => body.lines);
  assert.ok(all.length > 300);
  assert.deepEqual(long(all), []);
  assert.ok(quantile(lines, 0.5) <= MEDIAN_BODY, `median ${quantile(lines, 0.5)}`);
  assert.ok(quantile(lines, 0.95) <= P95_BODY, `p95 ${quantile(lines, 0.95)}`);
});

test("what is too long or too wide is found, also in a method, an arrow and inside another", () => {
  const body = (n: number): string => "a();\n".repeat(n);
  for (const [before, after] of [
    ["function f() {", "}"],
    ["const f = () => {", "};"],
    ["class A { f() {", "} }"],
    ["function g() { const f = () => {\n", "}; }"],
  ]) {
    assert.equal(long(bodies("x.ts", `${before}\n${body(80)}${after}`)).length, 0, before);
    assert.equal(long(bodies("x.ts", `${before}\n${body(81)}${after}`)).length, 1, before);
  }
  const component = `function f() {\n${body(50)}const g = () => {\n${body(50)}};\n}`;
  assert.deepEqual(
    bodies("x.ts", component).map(({ lines }) => lines),
    [52, 50],
  );
  assert.deepEqual(wide(`${"x".repeat(100)}\n${"y".repeat(101)}`), ["y".repeat(101)]);
});
