// The host of a file without Jupyter: a model that answers from what stands in the page, and
// nothing else.
import type { AnyModel } from "./model.ts";

type Listener = (...given: unknown[]) => void;

export function bytes(base64: string): ArrayBuffer {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i);
  return found.buffer;
}

export function pageModel(
  state: Record<string, unknown>,
  answer: { spec: unknown },
  buffers: string[],
): AnyModel {
  const listeners = new Map<string, Set<Listener>>();
  const tell = (name: string, ...given: unknown[]): void => {
    for (const one of listeners.get(name) ?? []) one(...given);
  };
  return {
    get: (name) => state[name],
    set: (name, value) => {
      state[name] = value;
    },
    save_changes: () => undefined,
    on: (name, listener) => {
      listeners.set(name, (listeners.get(name) ?? new Set<Listener>()).add(listener as Listener));
    },
    off: (name, listener) => {
      listeners.get(name)?.delete(listener as Listener);
    },
    send: (content) => {
      const { id, what } = content as { id: string; what: string };
      const reply =
        what === "data"
          ? { id, ...answer }
          : { id, error: "This needs Python; the file has none." };
      setTimeout(
        () =>
          tell(
            "msg:custom",
            reply,
            what === "data" ? buffers.map((one) => new DataView(bytes(one))) : [],
          ),
        0,
      );
    },
  };
}

export function start(
  widget: { render(given: { model: AnyModel; el: HTMLElement }): unknown },
  id: string,
  target: string,
): void {
  const page = document.getElementById(id),
    host = document.getElementById(target);
  if (!page || !host) return;
  const given = JSON.parse(page.textContent ?? "{}") as {
    state: Record<string, unknown>;
    answer: { spec: unknown };
    buffers: string[];
  };
  widget.render({ model: pageModel(given.state, given.answer, given.buffers), el: host });
}
