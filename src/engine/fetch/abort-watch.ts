// Who is told when a signal aborts. One listener per signal, however many calls share it: Node warns from the eleventh
// listener on, and finds each new one a place by looking at all that are there.

export interface Abortable {
  abort(reason: unknown): void;
}

const watchers = new WeakMap<AbortSignal, Watcher>();

class Watcher {
  readonly #signal: AbortSignal;
  readonly #told = new Set<Abortable>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(call: Abortable): void {
    if (this.#told.size === 0) this.#signal.addEventListener('abort', this.#onAbort);
    this.#told.add(call);
  }

  /** A signal that follows others is kept in memory by Node for as long as somebody listens to it. */
  delete(call: Abortable): void {
    this.#told.delete(call);
    if (this.#told.size === 0) this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    for (const call of this.#told) {
      this.delete(call);
      call.abort(this.#signal.reason);
    }
  };
}

/** The call is told at most once, and kept in memory until it is told or what this returns is called. */
export function watch(signal: AbortSignal, call: Abortable): () => void {
  let watcher = watchers.get(signal);
  if (watcher === undefined) {
    watcher = new Watcher(signal);
    watchers.set(signal, watcher);
  }
  watcher.add(call);
  return () => watcher.delete(call);
}

/** The same for something that need not stay in memory to be told: a body that may never be read. */
export function watchWeakly(signal: AbortSignal, call: Abortable): () => void {
  const unwatch = watch(signal, new WeakCall(call));
  gone.register(call, unwatch);
  return unwatch;
}

class WeakCall implements Abortable {
  readonly #call: WeakRef<Abortable>;

  constructor(call: Abortable) {
    this.#call = new WeakRef(call);
  }

  abort(reason: unknown): void {
    this.#call.deref()?.abort(reason);
  }
}

const gone = new FinalizationRegistry<() => void>((unwatch) => unwatch());
