// Builds the bundles (unminified: all widgets in one file, and the host of exported pages) into
// ../resistype/widgets/static.
//   node build.mjs          write them
//   node build.mjs --check  fail when a committed bundle differs from the sources
//   node build.mjs --test   bundle the tests and run them with node:test
//   node build.mjs --size   print the minified sizes
import { build, transform } from "esbuild";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "resistype", "widgets", "static");
const entries = ["main", "host"];
const common = {
  bundle: true,
  format: "esm",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  logLevel: "error",
  loader: { ".css": "text" },
};
const banner = { js: "// Generated from widgets/src by widgets/build.mjs; do not edit." };

// The style is text in the bundle; where the code is minified, so is it.
const style = {
  name: "style",
  setup(given) {
    given.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

async function bundle(name, options = {}) {
  const format = name === "host" ? "iife" : "esm";
  const extra = name === "host" ? { globalName: "resistype" } : {};
  const result = await build({
    ...common,
    ...extra,
    format,
    banner,
    entryPoints: [join(here, "src", `${name}.ts`)],
    write: false,
    absWorkingDir: here,
    ...options,
  });
  return result.outputFiles[0].contents;
}

const mode = process.argv[2] ?? "";
if (mode === "--test") {
  const out = mkdtempSync(join(tmpdir(), "resistype-widgets-"));
  const tests = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    platform: "node",
    entryPoints: tests.map((name) => join(here, "test", name)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    absWorkingDir: here,
  });
  const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
  const done = spawnSync(process.execPath, ["--test", ...files], {
    stdio: "inherit",
    env: { ...process.env, RESISTYPE_ROOT: join(here, "..") },
  });
  rmSync(out, { recursive: true });
  process.exit(done.status ?? 1);
}
const { mkdirSync, writeFileSync } = await import("node:fs");
let total = 0,
  stale = [];
for (const name of entries) {
  const path = join(target, `${name}.js`);
  if (mode === "--size") {
    const small = await bundle(name, { minify: true, plugins: [style] });
    total += small.length;
    console.log(`${name}.js ${small.length} bytes minified`);
    continue;
  }
  const code = await bundle(name);
  if (mode === "--check") {
    if (!existsSync(path) || Buffer.compare(readFileSync(path), Buffer.from(code)) !== 0)
      stale.push(name);
  } else {
    mkdirSync(target, { recursive: true });
    writeFileSync(path, code);
    console.log(`${name}.js ${code.length} bytes`);
  }
}
if (mode === "--size") console.log(`all ${total} bytes minified`);
if (stale.length) {
  console.error(
    `widgets: ${stale.join(", ")} differ from the sources; ` +
      "run scripts/widgets and commit the result",
  );
  process.exit(1);
}
