// Between a run and its sinks where records outlive the run: remembers what is done, and a few times a second writes to
// the journal what that is and where the sinks stand. What is to be sent again by a later run is not passed on.

import type { Intents } from '../journal/intents.ts';
import type { Journal } from '../journal/journal.ts';
import type { Counts } from '../journal/journal-line.ts';
import type { RangeSet } from '../journal/range-set.ts';
import type { BodyStore, Clock, Durability, DurableSink, Sink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';

export interface JournaledParts {
  readonly sink: DurableSink;
  readonly journal: Journal;
  /** Of requests that must not be sent twice. */
  readonly intents: Intents;
  readonly done: RangeSet;
  readonly counts: Counts;
  readonly durability: Exclude<Durability, 'none'>;
  readonly clock: Clock;
  /** Positions of the sinks out of one that was committed. */
  readonly positionsOf: (position: string) => readonly string[];
  /** The place of a record in the input, by its index. */
  readonly positionOf: (index: number) => number;
  /** Whether its request is left to a later run. */
  readonly isLeft: (outcome: Outcome) => boolean;
  /** Outcomes come in the order of the input: behind one that is left, all are. */
  readonly ordered: boolean;
}

/** A sync of the disk has its price. */
const COMMIT_MS = { process: 250, power: 1_000 };
/** What must not be sent twice is in doubt when it ended after the last commit. */
const COMMIT_MARKED_MS = { process: 50, power: 250 };

export class JournaledSink implements Sink {
  onError: ((error: Error) => void) | undefined;
  readonly #parts: JournaledParts;
  readonly #counts: { -readonly [K in keyof Counts]: Counts[K] };
  #positions: readonly string[] = [];
  #cancel: (() => void) | undefined;
  #committing: Promise<void> | undefined;
  #error: Error | undefined;
  #closing: Promise<void> | undefined;
  #behindLeft = false;
  #leaves = false;

  constructor(parts: JournaledParts) {
    this.#parts = parts;
    this.#counts = { ...parts.counts };
    parts.sink.onError = (error) => this.#fail(error);
  }

  get bodies(): BodyStore | undefined {
    return this.#parts.sink.bodies;
  }

  get takesEncoded(): boolean {
    return this.#parts.sink.takesEncoded === true;
  }

  get full(): boolean {
    return this.#parts.sink.full;
  }

  get onDrain(): (() => void) | undefined {
    return this.#parts.sink.onDrain;
  }

  set onDrain(call: (() => void) | undefined) {
    this.#parts.sink.onDrain = call;
  }

  /** What the sinks have by the last entry of the journal. */
  get positions(): readonly string[] {
    return this.#positions;
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** Something is left to a later run. */
  get leaves(): boolean {
    return this.#leaves;
  }

  write(outcome: Outcome): void {
    if (this.#isLeft(outcome)) return;
    this.#parts.sink.write(outcome);
    this.#mark(outcome);
  }

  /** It is done, and no record of it is wanted. */
  skip(outcome: Outcome): void {
    if (!this.#isLeft(outcome)) this.#mark(outcome);
  }

  /** It is done: a later run need not look for it among what there is. */
  pass(index: number): void {
    this.#parts.done.add(this.#parts.positionOf(index));
    if (this.#cancel === undefined && this.#committing === undefined) this.#schedule();
  }

  #isLeft(outcome: Outcome): boolean {
    const { isLeft, intents, ordered } = this.#parts;
    const left = isLeft(outcome);
    if (left) intents.unmark(this.#parts.positionOf(outcome.index));
    this.#leaves ||= left;
    this.#behindLeft ||= left && ordered;
    return left || this.#behindLeft;
  }

  #mark(outcome: Outcome): void {
    this.#parts.done.add(this.#parts.positionOf(outcome.index));
    this.#counts.requests++;
    if (outcome.type === 'failure') this.#counts.failed++;
    else if (outcome.ok) this.#counts.ok++;
    if (this.#cancel === undefined && this.#committing === undefined) this.#schedule();
  }

  #schedule(): void {
    const { clock, sink, intents, durability } = this.#parts;
    const ownMs = intents.marked.size > 0 ? COMMIT_MARKED_MS[durability] : COMMIT_MS[durability];
    this.#cancel = clock.after(sink.commitMs ?? ownMs, () => {
      this.#cancel = undefined;
      const before = this.#counts.requests;
      this.#committing = this.#commit()
        .catch((error: unknown) => this.#fail(error as Error))
        .finally(() => {
          this.#committing = undefined;
          if (this.#counts.requests > before && this.#closing === undefined) this.#schedule();
        });
    });
  }

  /** In one turn: a position has exactly the records that are done by then, or one would be there twice or not at all. */
  async #commit(): Promise<void> {
    if (this.#error !== undefined) return;
    const { sink, journal, intents, done, durability, clock, positionsOf } = this.#parts;
    const entry = { atMs: clock.wall(), done: done.toText(), counts: { ...this.#counts } };
    const cutIntents = intents.prepareCut(done);
    const positions = positionsOf(await sink.commit(durability));
    await journal.append({ ...entry, positions }, durability);
    this.#positions = positions;
    cutIntents();
  }

  #fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.onError?.(error);
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    this.#cancel?.();
    await this.#committing;
    try {
      await this.#commit();
    } catch (error) {
      this.#fail(error as Error);
    }
    await this.#parts.sink.close();
    if (this.#error !== undefined) throw this.#error;
  }

  toString(): string {
    return `journaled, ${this.#counts.requests} done: ${this.#parts.sink}`;
  }
}
