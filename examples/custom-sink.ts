// A sink of your own: anything with write, full and close. While `full` is true nothing more is sent.

import { flurry, type Outcome, type Sink } from 'flurry';

const target = process.argv[2] ?? 'http://127.0.0.1:8080';

class SlowStore implements Sink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  stored = 0;
  #batch: Outcome[] = [];
  #storing = false;

  get full(): boolean {
    return this.#batch.length >= 100;
  }

  write(outcome: Outcome): void {
    this.#batch.push(outcome);
    if (!this.#storing) void this.#store();
  }

  async close(): Promise<void> {
    while (this.#storing || this.#batch.length > 0) await this.#store();
  }

  async #store(): Promise<void> {
    this.#storing = true;
    const batch = this.#batch.splice(0);
    await new Promise((resolve) => setImmediate(resolve)); // an INSERT of the whole batch, say
    this.stored += batch.length;
    this.#storing = false;
    this.onDrain?.();
  }
}

const store = new SlowStore();
await flurry(`${target}/todos/[1-1000]`).to(store);
console.log(`stored ${store.stored} outcomes`);
