// The wire to Python: traits, and requests that carry all their inputs, have an id, a time limit
// and an answer.

export interface AnyModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(name: string, listener: (...given: never[]) => void): void;
  off(name: string, listener: (...given: never[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
}

export interface Answer {
  content: Record<string, unknown>;
  buffers: DataView[];
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Link {
  private waiting = new Map<string, Waiting>();
  private counter = 0;
  private mine = new Map<string, string>();
  private listeners: [string, (...given: never[]) => void][] = [];
  private base = `v${Math.random().toString(36).slice(2, 10)}`;
  private changes = 0;

  constructor(readonly model: AnyModel) {
    this.listen("msg:custom", ((content: unknown, buffers: unknown) =>
      this.receive(content, buffers)) as never);
  }

  private listen(name: string, listener: (...given: never[]) => void): void {
    this.model.on(name, listener);
    this.listeners.push([name, listener]);
  }

  private receive(content: unknown, buffers: unknown): void {
    const message = content as { id?: string; error?: string } | null;
    const waiting = message?.id ? this.waiting.get(message.id) : undefined;
    if (!message?.id || !waiting) return;
    this.waiting.delete(message.id);
    clearTimeout(waiting.timer);
    const views = (Array.isArray(buffers) ? buffers : []).map(asView);
    if (message.error) waiting.reject(new Error(message.error));
    else waiting.resolve({ content: message as Record<string, unknown>, buffers: views });
  }

  request(
    what: string,
    given: Record<string, unknown> = {},
    buffers: Uint8Array[] = [],
    seconds = 120,
  ): Promise<Answer> {
    const id = `${this.base}-${++this.counter}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`no answer from Python in ${seconds} s; is the kernel busy or stopped?`));
      }, seconds * 1000);
      this.waiting.set(id, { resolve, reject, timer });
      // A message may overtake a trait that was changed before it: Python waits for the change that
      // is named here.
      this.model.send(
        { id, what, after: this.changes ? { [this.base]: this.changes } : {}, ...given },
        undefined,
        buffers.map((one) => one.slice().buffer as ArrayBuffer),
      );
    });
  }

  // Sends a trait; its own echo is known when it comes back.
  push(name: string, value: unknown): void {
    this.mine.set(name, print(value));
    this.model.set(name, value);
    this.model.set("_sent", {
      ...(this.model.get("_sent") as object | undefined),
      [this.base]: ++this.changes,
    });
    this.model.save_changes();
  }

  // Calls back when Python changes a trait, not when one's own change comes back.
  watch(name: string, listener: (value: unknown) => void): void {
    this.listen(`change:${name}`, (() => {
      const value = this.model.get(name);
      if (this.mine.get(name) === print(value)) return;
      this.mine.delete(name);
      listener(value);
    }) as never);
  }

  close(): void {
    for (const [name, listener] of this.listeners) this.model.off(name, listener);
    for (const waiting of this.waiting.values()) clearTimeout(waiting.timer);
    this.waiting.clear();
  }
}

export function asView(buffer: unknown): DataView {
  if (buffer instanceof DataView) return buffer;
  if (buffer instanceof ArrayBuffer) return new DataView(buffer);
  const view = buffer as Uint8Array;
  return new DataView(view.buffer, view.byteOffset, view.byteLength);
}

export function copied(view: DataView): ArrayBuffer {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
}

function print(value: unknown): string {
  if (value instanceof DataView)
    return Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)).join();
  if (value && typeof value === "object" && !Array.isArray(value)) {
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => `${k}:${print(v)}`)
      .join()}}`;
  }
  return JSON.stringify(value) ?? "undefined";
}

// Acts once when it has been quiet for a while; `now` does at once what is waiting.
export function debounce(wait: number, act: () => void): (() => void) & { now(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = (): void => {
    timer = undefined;
    act();
  };
  return Object.assign(
    () => {
      clearTimeout(timer);
      timer = setTimeout(run, wait);
    },
    {
      now: () => {
        if (timer !== undefined) {
          clearTimeout(timer);
          run();
        }
      },
    },
  );
}
