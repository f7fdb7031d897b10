// Which of several addresses is connected to (Happy Eyeballs, RFC 8305 sections 4 and 5): attempts overlap, the first
// that connects wins. Opens no socket by itself and remembers nothing from one race to the next.

import type { Address, Clock } from '../model/contracts.ts';
import type { Kind } from '../model/outcome.ts';
import { kindOf } from './wire-errors.ts';

/** An attempt to connect that can be given up; a socket is one. */
export interface Attempt {
  destroy(): void;
}

/** Begins to connect; exactly one of both is called, later, unless the attempt was destroyed before. May throw. */
export type Dial<A extends Attempt> = (
  address: Address,
  onOpen: () => void,
  onFail: (error: Error) => void,
) => A;

/** Who won, or why nobody did. */
export type RaceDone<A extends Attempt> = (winner: A | undefined, error: Error | undefined) => void;

/** Every address was tried. It says what the error that tells most says. */
export class NoAddressLeft extends Error {
  override readonly name = 'NoAddressLeft';
  /** As the system's errors have them. */
  readonly code: string | undefined;
  readonly syscall: string | undefined;
  readonly address: string | undefined;
  /** How many addresses were tried. */
  readonly tried: number;

  constructor(errors: readonly Error[]) {
    const telling: Error & { code?: string; syscall?: string; address?: string } = mostTelling(errors);
    super(telling.message, { cause: telling });
    this.code = telling.code;
    this.syscall = telling.syscall;
    this.address = telling.address;
    this.tried = errors.length;
  }
}

/**
 * A peer that said no tells more than one that said nothing, and that tells more than a way that is not there: of a
 * machine without IPv6 the error of IPv4 shall be heard.
 */
const TELLING: readonly Kind[] = ['refused', 'reset', 'timeout', 'resources', 'unreachable'];

function mostTelling(errors: readonly Error[]): Error {
  const rank = (error: Error) => {
    const at = TELLING.indexOf(kindOf(error));
    return at === -1 ? TELLING.length : at;
  };
  return errors.reduce((best, error) => (rank(error) < rank(best) ? error : best));
}

/** The families in turn, beginning with IPv6; within a family in the resolver's order (RFC 8305 section 4). */
export function interleaved(addresses: readonly Address[]): Address[] {
  const six = addresses.filter(({ family }) => family === 6);
  const four = addresses.filter(({ family }) => family === 4);
  const order: Address[] = [];
  for (let i = 0; i < Math.max(six.length, four.length); i++) {
    if (i < six.length) order.push(six[i]!);
    if (i < four.length) order.push(four[i]!);
  }
  return order;
}

export class Race<A extends Attempt> {
  readonly #addresses: readonly Address[];
  readonly #clock: Clock;
  /** The Connection Attempt Delay: how long an attempt is alone before another joins it. */
  readonly #delayMs: number;
  readonly #dial: Dial<A>;
  readonly #done: RaceDone<A>;
  readonly #running = new Set<A>();
  readonly #errors: Error[] = [];
  #next = 0;
  #cancelTimer: (() => void) | undefined;
  #over = false;

  constructor(
    addresses: readonly Address[],
    delayMs: number,
    clock: Clock,
    dial: Dial<A>,
    done: RaceDone<A>,
  ) {
    this.#addresses = addresses.length === 1 ? addresses : interleaved(addresses);
    this.#delayMs = delayMs;
    this.#clock = clock;
    this.#dial = dial;
    this.#done = done;
    this.#advance();
  }

  /** Gives it up: every attempt is destroyed, and `done` is not called. */
  destroy(): void {
    this.#end(undefined);
  }

  toString(): string {
    const { length } = this.#addresses;
    return `race ${this.#over ? 'over' : 'on'}: ${this.#running.size} running, ${this.#errors.length} failed, ${length - this.#next} of ${length} to come`;
  }

  /** Starts the next attempt; those that cannot even start fail at once. */
  #advance(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#next < this.#addresses.length) {
      if (!this.#attempt(this.#addresses[this.#next++]!)) continue;
      if (this.#next < this.#addresses.length)
        this.#cancelTimer = this.#clock.after(this.#delayMs, () => this.#advance());
      return;
    }
    if (this.#running.size > 0) return;
    this.#end(undefined);
    const [first] = this.#errors;
    this.#done(undefined, this.#errors.length === 1 ? first : new NoAddressLeft(this.#errors));
  }

  #attempt(address: Address): boolean {
    try {
      const attempt: A = this.#dial(
        address,
        () => this.#opened(attempt),
        (error) => this.#failed(attempt, error),
      );
      this.#running.add(attempt);
      return true;
    } catch (error) {
      this.#errors.push(error as Error);
      return false;
    }
  }

  #opened(attempt: A): void {
    if (this.#over) return;
    this.#end(attempt);
    this.#done(attempt, undefined);
  }

  #failed(attempt: A, error: Error): void {
    if (this.#over || !this.#running.delete(attempt)) return;
    this.#errors.push(error);
    // Its successor need not wait for its turn (RFC 8305 section 5).
    this.#advance();
  }

  #end(winner: A | undefined): void {
    this.#over = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const attempt of this.#running) if (attempt !== winner) attempt.destroy();
    this.#running.clear();
  }
}
