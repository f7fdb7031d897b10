// Remembers addresses for a while and asks once for many (Node's own lookup does neither, and blocks a pool of four
// threads). An address never outlives a failed connection to it: what was asked before the failure answers nobody who
// asks after it. Never waits: the deadline of a lookup is its asker's, and a lookup that is older than that is given up.

import type { Address, Clock, Resolver } from '../model/contracts.ts';

type Answer = (error: Error | null, addresses: readonly Address[]) => void;

interface Entry {
  readonly addresses: readonly Address[];
  readonly untilMs: number;
}

/** A name that has no address, and until when nobody asks for it again. */
interface Absence {
  readonly error: Error;
  readonly untilMs: number;
}

/** A name that is being asked for. */
interface Lookup {
  readonly answers: Answer[];
  /** Who came after a connection had failed: the answer to a question asked before is not for them. */
  readonly later: Answer[];
  sinceMs: number;
  forgotten: boolean;
}

/** Names kept at most, of those with addresses, of those without, and of those asked for; the oldest goes first. */
const NAMES_MAX = 16_384;

/** What says that a name has no address. Anything else says that nobody knows, which is worth another question. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

export class DnsCache implements Resolver {
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #negativeTtlMs: number;
  readonly #lookupMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #absences = new Map<string, Absence>();
  readonly #asked = new Map<string, Lookup>();

  /** `lookupMs`: who asked has given up by then, and the next who asks does not wait for the same lookup. */
  constructor(resolver: Resolver, clock: Clock, ttlMs: number, negativeTtlMs: number, lookupMs: number) {
    this.#resolver = resolver;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#negativeTtlMs = negativeTtlMs;
    this.#lookupMs = lookupMs;
  }

  resolve(host: string, done: Answer): void {
    const nowMs = this.#clock.now();
    const known = this.#entries.get(host);
    if (known !== undefined && known.untilMs > nowMs) return done(null, known.addresses);
    const absence = this.#absences.get(host);
    if (absence !== undefined && absence.untilMs > nowMs) return done(absence.error, []);

    const lookup = this.#asked.get(host);
    if (lookup === undefined) return this.#ask(host, [done], nowMs);
    if (nowMs - lookup.sinceMs < this.#lookupMs) {
      (lookup.forgotten ? lookup.later : lookup.answers).push(done);
    } else if (lookup.forgotten) {
      this.#ask(host, [...lookup.answers, ...lookup.later, done], nowMs);
    } else {
      // The old question stays good: a name server that always takes a little too long answers somebody in the end.
      lookup.answers.push(done);
      this.#send(host, lookup, nowMs);
    }
  }

  /** The next resolve looks again, and does not take the answer of a lookup that is under way already. */
  forget(host: string): void {
    this.#entries.delete(host);
    this.#absences.delete(host);
    const lookup = this.#asked.get(host);
    if (lookup !== undefined) lookup.forgotten = true;
  }

  toString(): string {
    const { size: names } = this.#entries;
    return `dns cache: ${names} names, ${this.#absences.size} without address, ${this.#asked.size} being asked for`;
  }

  #ask(host: string, answers: Answer[], nowMs: number): void {
    this.#send(host, { answers, later: [], sinceMs: nowMs, forgotten: false }, nowMs);
    if (this.#asked.size > NAMES_MAX) this.#giveUpOldest(nowMs);
  }

  #send(host: string, lookup: Lookup, nowMs: number): void {
    lookup.sinceMs = nowMs;
    // Behind all others, so that the first is always the oldest.
    this.#asked.delete(host);
    this.#asked.set(host, lookup);
    this.#resolver.resolve(host, (error, addresses) => {
      // Given up, or answered before: a name may have been asked for twice. Then an error counts from the last only.
      if (this.#asked.get(host) !== lookup || (error !== null && lookup.sinceMs !== nowMs)) return;
      this.#answered(host, lookup, error, addresses);
    });
  }

  #answered(host: string, lookup: Lookup, error: Error | null, addresses: readonly Address[]): void {
    this.#asked.delete(host);
    if (!lookup.forgotten) this.#keep(host, error, addresses);
    for (const answer of lookup.answers) answer(error, addresses);
    for (const answer of lookup.later) this.resolve(host, answer);
  }

  #keep(host: string, error: Error | null, addresses: readonly Address[]): void {
    const nowMs = this.#clock.now();
    if (error === null) {
      put(this.#entries, host, { addresses, untilMs: nowMs + this.#ttlMs });
    } else if (ABSENT.has((error as NodeJS.ErrnoException).code)) {
      put(this.#absences, host, { error, untilMs: nowMs + this.#negativeTtlMs });
    }
  }

  /** A resolver that never calls back must not collect askers: those of the oldest lookup have long turned away. */
  #giveUpOldest(nowMs: number): void {
    const [host, lookup] = this.#asked.entries().next().value!;
    if (nowMs - lookup.sinceMs < this.#lookupMs) return;
    this.#asked.delete(host);
    const error = Object.assign(new Error(`the lookup of ${host} never ended`), { code: 'EAI_AGAIN' });
    for (const answer of [...lookup.answers, ...lookup.later]) answer(error, []);
  }
}

/** As the newest, in place of the oldest where there are enough. */
function put<V>(map: Map<string, V>, host: string, value: V): void {
  map.delete(host);
  if (map.size >= NAMES_MAX) map.delete(map.keys().next().value!);
  map.set(host, value);
}
