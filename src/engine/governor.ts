// Keeps a session within what this machine allows: descriptors and local ports. Where they run out, fewer requests go
// out at once and those that found none wait; none of them fails for it. Sends nothing.

import type { Clock } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Slots } from '../scheduler/slots.ts';
import { connectionsMax, readMachine } from './machine.ts';

/** Below that no machine runs out of anything, and its limits need not be read. */
const WORTH_READING = 200;
/** How long a request waits that found no descriptor or port. */
const WAIT_MS = 100;
const GROW_EVERY_MS = 1_000;
const GROWTH = 1.1;

export class Governor {
  readonly #total: Slots;
  readonly #clock: Clock;
  /** As many as may be asked for at most, or as the machine allows if that is less. */
  readonly #max: number;
  /** What it allows now. */
  #allowed: number;
  #wanted: number;
  #growing = false;

  /** `most`: that will ever be asked for. */
  constructor(total: Slots, most: number, clock: Clock) {
    this.#total = total;
    this.#clock = clock;
    this.#wanted = total.max;
    this.#max = most > WORTH_READING ? Math.min(most, connectionsMax(readMachine())) : most;
    this.#allowed = this.#max;
    this.#apply();
  }

  /** So many are asked for from now on. */
  want(max: number): void {
    this.#wanted = max;
    this.#apply();
  }

  /** Whether it holds back what was asked for. */
  get holds(): boolean {
    return this.#allowed < this.#wanted;
  }

  #apply(): void {
    this.#total.max = Math.min(this.#wanted, this.#allowed);
  }

  /** In how many milliseconds a request that found no resources is to go out; undefined where that is not its trouble. */
  waitMs(outcome: Outcome): number | undefined {
    if (outcome.type !== 'failure' || outcome.kind !== 'resources' || outcome.sent !== 'none')
      return undefined;
    // Alone under way it is not this session that holds them: whoever does must let go, and that may be never.
    if (this.#total.used <= 1) return undefined;
    this.#allowed = Math.max(1, Math.min(this.#allowed, this.#total.used - 1));
    this.#apply();
    if (!this.#growing) this.#growLater();
    return WAIT_MS;
  }

  #growLater(): void {
    this.#growing = true;
    this.#clock.after(GROW_EVERY_MS, () => {
      this.#growing = false;
      this.#allowed = Math.min(this.#max, Math.ceil(this.#allowed * GROWTH));
      this.#apply();
      if (this.#allowed < this.#max) this.#growLater();
    });
  }

  toString(): string {
    return `${this.#total.max} of ${this.#max} slots`;
  }
}
