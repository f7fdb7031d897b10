// A store of rows behind a gate: it can be shut, and its next step can be made to fail. For stores whose own place has
// no handle for that.

import type { Row } from '../../src/sinks/columns.ts';
import type { TableStore } from '../../src/sinks/table-sink.ts';

type Step = 'write' | 'sync';

export class Gate {
  #open: Promise<void> = Promise.resolve();
  release: () => void = () => {};
  #failing: { readonly code: string; readonly step: Step } | undefined;

  hold(): void {
    this.#open = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  breakWith(code: string, step: Step): void {
    this.#failing = { code, step };
  }

  mend(): void {
    this.#failing = undefined;
  }

  async passes(step?: Step): Promise<void> {
    await this.#open;
    if (step === undefined || this.#failing?.step !== step) return;
    throw Object.assign(new Error(`${this.#failing.code}: the gate failed`), { code: this.#failing.code });
  }
}

export class GatedStore<Batch> implements TableStore<Batch> {
  readonly #store: TableStore<Batch>;
  readonly #gate: Gate;

  constructor(store: TableStore<Batch>, gate: Gate) {
    this.#store = store;
    this.#gate = gate;
  }

  get name(): string {
    return this.#store.name;
  }

  get limits() {
    return this.#store.limits;
  }

  batch(): Batch {
    return this.#store.batch();
  }

  add(row: Row, batch: Batch): void {
    this.#store.add(row, batch);
  }

  async append(batch: Batch): Promise<void> {
    await this.#gate.passes('write');
    await this.#store.append(batch);
  }

  async commit(durability: 'process' | 'power'): Promise<string> {
    await this.#gate.passes(durability === 'power' ? 'sync' : undefined);
    return await this.#store.commit(durability);
  }

  async close(): Promise<void> {
    await this.#gate.passes();
    await this.#store.close();
  }

  abandon(): Promise<void> {
    return this.#store.abandon();
  }
}
