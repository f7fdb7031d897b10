// Between a source and the scheduler, where some requests are not to be sent: what earlier outputs have is left out, what
// an equal request stands for comes to what that one comes to. It stands before no run that wants nothing of this.
//
//   source ─► in an earlier output? ─► equal to one before? ─► scheduler
//                  │ left out                │ waits, or has its outcome

import type { SnapshotContext } from '../metrics/snapshot.ts';
import type { Clock, Source } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { type Intake, type Offered, PASSED } from '../scheduler/admission.ts';
import { type Copied, Duplicates } from './duplicates.ts';
import type { Earlier } from './earlier.ts';

export interface SieveEvents {
  /** It is not sent, and leaves no outcome. */
  leftOut(request: Request): void;
  /** It is not sent, and has its outcome. `passes`: no filter keeps it back. */
  copied(outcome: Outcome, passes: boolean): void;
}

type SieveSettings = Pick<Settings, 'dedupe' | 'dedupeMax' | 'lookAhead'>;

/** A source of which nothing is left would else keep everything else waiting. */
const PASSED_IN_TURN_MAX = 2048;
const WAITING = { type: 'waiting' } as const;

export class Sieve implements Intake {
  /** Requests that were left out. */
  leftOut = 0;
  readonly duplicates: Duplicates | undefined;
  readonly earlier: Earlier | undefined;
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #events: SieveEvents;
  /** As many duplicates may wait as requests may be read ahead. */
  readonly #waitingMax: number;
  #passedInTurn = 0;
  #state: 'open' | 'resting' | 'crowded' | 'closed' = 'open';
  #onReady: (() => void) | undefined;

  /** Undefined where there is nothing to do. */
  static of(
    source: Source,
    settings: SieveSettings,
    earlier: Earlier | undefined,
    clock: Clock,
    events: SieveEvents,
  ): Sieve | undefined {
    if (!settings.dedupe && earlier === undefined) return undefined;
    return new Sieve(source, settings, earlier, clock, events);
  }

  private constructor(
    source: Source,
    { dedupe, dedupeMax, lookAhead }: SieveSettings,
    earlier: Earlier | undefined,
    clock: Clock,
    events: SieveEvents,
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#events = events;
    this.#waitingMax = lookAhead;
    this.earlier = earlier;
    this.duplicates = dedupe ? new Duplicates(dedupeMax) : undefined;
  }

  /** Of outcomes that there will be, as far as is known. */
  get count(): number | undefined {
    const { count } = this.#source;
    return count === undefined ? undefined : count - this.leftOut;
  }

  /** For a snapshot: what is not asked for is not told. */
  get counts(): Pick<SnapshotContext, 'skipped' | 'dedupes' | 'dedupeFull'> {
    return {
      skipped: this.earlier?.use === 'skip' ? this.leftOut : undefined,
      dedupes: this.duplicates !== undefined,
      dedupeFull: this.duplicates?.full,
    };
  }

  get oneOrigin(): boolean | undefined {
    return this.#source.oneOrigin;
  }

  get onReady(): (() => void) | undefined {
    return this.#onReady;
  }

  set onReady(ready: (() => void) | undefined) {
    this.#onReady = ready;
    this.#source.onReady = ready;
  }

  pull(): Offered {
    if (this.#isCrowded()) return WAITING;
    const pulled = this.#source.pull();
    if (pulled.type !== 'request') return pulled;
    if (this.earlier?.has(pulled) === true) {
      this.leftOut++;
      this.#events.leftOut(pulled);
      return this.#pass();
    }
    const taken = this.duplicates?.take(pulled) ?? 'send';
    if (taken === 'send') {
      pulled.condition = this.earlier?.conditionFor(pulled);
      this.#passedInTurn = 0;
      return pulled;
    }
    if (taken !== 'waits') this.#give(taken);
    return this.#pass();
  }

  /** What waits for outcomes is in memory. */
  #isCrowded(): boolean {
    if (this.duplicates === undefined || this.duplicates.waiting < this.#waitingMax) return false;
    if (this.#state === 'open') this.#state = 'crowded';
    return true;
  }

  #pass(): Offered {
    if (++this.#passedInTurn < PASSED_IN_TURN_MAX || this.#state !== 'open') return PASSED;
    this.#passedInTurn = 0;
    this.#state = 'resting';
    this.#clock.afterPoll(() => this.#wake('resting'));
    return WAITING;
  }

  #give({ outcome, passes }: Copied): void {
    this.#events.copied(outcome, passes);
  }

  /** A request has its outcome, and those that waited for it have theirs. */
  settle(outcome: Outcome, passes: boolean): void {
    const { duplicates } = this;
    if (duplicates === undefined) return;
    for (const copied of duplicates.settle(outcome, passes)) this.#give(copied);
    if (this.#state === 'crowded' && duplicates.waiting < this.#waitingMax) this.#wake('crowded');
  }

  #wake(from: 'resting' | 'crowded'): void {
    if (this.#state !== from) return;
    this.#state = 'open';
    this.#onReady?.();
  }

  close(): void {
    this.#state = 'closed';
    this.#source.close();
  }

  toString(): string {
    const parts = [
      `sieve ${this.#state}, ${this.leftOut} left out`,
      this.duplicates,
      this.earlier,
      this.#source,
    ];
    return parts.filter((part) => part !== undefined).join('; ');
  }
}
