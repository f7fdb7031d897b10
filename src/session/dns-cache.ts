// Remembers addresses for a while and asks once for many (Node's own lookup does neither, and blocks a pool of four
// threads). An address never outlives a failed connection to it.

import type { Address, Clock, Resolver } from '../model/contracts.ts';

type Answer = (error: Error | null, addresses: readonly Address[]) => void;

interface Entry {
  readonly addresses: readonly Address[];
  readonly untilMs: number;
}

/** Names kept at most; the oldest goes first. */
const NAMES_MAX = 16_384;

export class DnsCache implements Resolver {
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #entries = new Map<string, Entry>();
  /** Lookups under way, with all who wait for them. */
  readonly #asked = new Map<string, Answer[]>();

  constructor(resolver: Resolver, clock: Clock, ttlMs: number) {
    this.#resolver = resolver;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  resolve(host: string, done: Answer): void {
    const known = this.#entries.get(host);
    if (known !== undefined && known.untilMs > this.#clock.now()) return done(null, known.addresses);
    const waiting = this.#asked.get(host);
    if (waiting !== undefined) {
      waiting.push(done);
      return;
    }
    const answers = [done];
    this.#asked.set(host, answers);
    this.#resolver.resolve(host, (error, addresses) => {
      this.#asked.delete(host);
      if (error === null) this.#keep(host, addresses);
      for (const answer of answers) answer(error, addresses);
    });
  }

  forget(host: string): void {
    this.#entries.delete(host);
  }

  #keep(host: string, addresses: readonly Address[]): void {
    this.#entries.delete(host);
    if (this.#entries.size >= NAMES_MAX) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(host, { addresses, untilMs: this.#clock.now() + this.#ttlMs });
  }
}
