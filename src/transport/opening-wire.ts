// A wire before its socket is known: while addresses race, or a proxy makes a way. Then it is the wire that it became.

import type { Wire, WireEvents } from '../model/contracts.ts';

export class OpeningWire implements Wire {
  readonly #events: WireEvents;
  /** What is under way now, to be destroyed where the wire is given up. */
  #under: { destroy(): void } | undefined;
  #wire: Wire | undefined;
  #over = false;

  constructor(events: WireEvents) {
    this.#events = events;
  }

  /** True once it was given up or has failed: whoever opens it goes no further. */
  get over(): boolean {
    return this.#over;
  }

  /** The next stage of its opening. */
  under(stage: { destroy(): void }): void {
    if (this.#over) stage.destroy();
    else this.#under = stage;
  }

  /** From now on it is this wire, which has the same events. Not once it is over. */
  become(wire: Wire): void {
    this.#wire = wire;
    this.#under = undefined;
  }

  fail(error: Error): void {
    if (this.#over || this.#wire !== undefined) return;
    this.#release();
    this.#close(error);
  }

  destroy(): void {
    if (this.#wire !== undefined) return this.#wire.destroy();
    if (!this.#over) this.#close(undefined);
    this.#release();
  }

  end(): void {
    if (this.#wire !== undefined) this.#wire.end();
    else this.destroy();
  }

  write(head: string, body: Uint8Array | undefined): boolean {
    return this.#wire!.write(head, body);
  }

  pause(): void {
    this.#wire?.pause();
  }

  resume(): void {
    this.#wire?.resume();
  }

  keepAlive(on: boolean): void {
    this.#wire?.keepAlive(on);
  }

  covers(host: string): boolean {
    return this.#wire?.covers?.(host) === true;
  }

  get pendingBytes(): number {
    return this.#wire?.pendingBytes ?? 0;
  }

  get remoteAddress(): string {
    return this.#wire?.remoteAddress ?? '';
  }

  /** Later, as sockets do it: nobody expects an event out of a call of his own. */
  #close(error: Error | undefined): void {
    process.nextTick(() => this.#events.onClose(error));
  }

  #release(): void {
    this.#over = true;
    this.#under?.destroy();
    this.#under = undefined;
  }
}
