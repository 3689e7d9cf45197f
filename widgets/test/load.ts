// The vectors that Python wrote.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readData, type Data, type Spec } from "../src/spec.ts";

export function vectors(name: string): any {
  return JSON.parse(
    readFileSync(
      join(process.env.RESISTYPE_ROOT ?? "..", "tests", "data", "widgets", name),
      "utf8",
    ),
  );
}

export function load(): { spec: Spec; data: Data; steps: any[] } {
  const found = vectors("rule.json");
  const buffers = found.buffers.map((one: number[]) => new DataView(Uint8Array.from(one).buffer));
  return { spec: found.spec, data: readData(found.spec, buffers), steps: found.steps };
}
