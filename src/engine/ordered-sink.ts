// Hands outcomes on in the order of the input. Those that come before their turn wait in a window: their bodies in
// memory, beyond a bound in a file; when the window is full nothing more is sent until the one that holds it up is there.
//
//   position:   41   42   43   44   45           41 has been handed on; 42 holds up the rest
//               ───  …    here here …

import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BodyStore, Files, Sink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Spilled, SpillFile } from '../storage/spill-file.ts';

export interface OrderedLimits {
  /** Outcomes that may wait for their turn. */
  readonly outcomesMax: number;
  /** Bytes of their bodies in memory, and in the file. */
  readonly bodyBytesMax: number;
  readonly spilledBytesMax: number;
}

export const ORDERED_LIMITS: OrderedLimits = {
  outcomesMax: 32_768,
  bodyBytesMax: 16 * 1024 * 1024,
  spilledBytesMax: 4 * 1024 * 1024 * 1024,
};

export interface OrderedTerms {
  /** Positions that have had their turn in an earlier run. */
  readonly isDone?: (position: number) => boolean;
  /** What a stop leaves behind requests without an outcome: a later run has their turn, and sends these again too. */
  readonly behindHoles?: 'given' | 'dropped';
  readonly limits?: OrderedLimits;
}

interface Held {
  outcome: Outcome;
  /** It is not wanted by the sink, which only has to know that it is there. */
  readonly skipped: boolean;
  spilled: Spilled | undefined;
  /** How much of what was spilled is the body as it came, which stands first. */
  encodedBytes: number;
}

const NO_BODY = Buffer.alloc(0);

/** With a temporary file of its own, which is made when it is needed. */
export function orderedSink(sink: Sink, files: Files, terms?: OrderedTerms): OrderedSink {
  return new OrderedSink(sink, new SpillFile(join(tmpdir(), `flurry-${randomUUID()}`), files), terms);
}

export class OrderedSink implements Sink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  /** The place of an outcome in the input, by its index. */
  positionOf: (index: number) => number = (index) => index;
  readonly #sink: Sink;
  readonly #spill: SpillFile;
  readonly #limits: OrderedLimits;
  readonly #isDone: (position: number) => boolean;
  readonly #behindHoles: 'given' | 'dropped';
  readonly #held = new Map<number, Held>();
  /** Positions to come that nothing will come for. */
  readonly #passed = new Set<number>();
  /** The position whose outcome is handed on next. */
  #next = 0;
  #bodyBytes = 0;
  #heldUp = false;
  #releasing = false;
  #error: Error | undefined;
  #closing: Promise<void> | undefined;
  #onReleased: (() => void) | undefined;

  constructor(
    sink: Sink,
    spill: SpillFile,
    { isDone = () => false, behindHoles = 'given', limits = ORDERED_LIMITS }: OrderedTerms = {},
  ) {
    this.#sink = sink;
    this.#spill = spill;
    this.#isDone = isDone;
    this.#behindHoles = behindHoles;
    this.#limits = limits;
    this.#pass();
    sink.onDrain = () => this.#release();
    sink.onError = (error) => this.#fail(error);
  }

  get bodies(): BodyStore | undefined {
    return this.#sink.bodies;
  }

  get takesEncoded(): boolean {
    return this.#sink.takesEncoded === true;
  }

  get full(): boolean {
    return this.#sink.full;
  }

  /** Pausing all would also keep back the one that is waited for, which may be about to be sent again. */
  get heldUp(): boolean {
    return this.#heldUp;
  }

  get holdup(): { readonly position: number; readonly waiting: number } | undefined {
    if (this.#held.size === 0 || this.#held.has(this.#next)) return undefined;
    return { position: this.#next, waiting: this.#held.size };
  }

  write(outcome: Outcome): void {
    if (this.#closing !== undefined) throw new Error('write to an ordered output after close');
    this.#take(outcome, false);
  }

  skip(outcome: Outcome): void {
    this.#take(outcome, true);
  }

  pass(index: number): void {
    this.#sink.pass?.(index);
    this.#passed.add(this.positionOf(index));
    this.#pass();
    if (this.#held.has(this.#next)) this.#release();
    this.#heldUp = this.#isHeldUp();
  }

  #take(outcome: Outcome, skipped: boolean): void {
    if (this.#error !== undefined) return;
    const held: Held = { outcome, skipped, spilled: undefined, encodedBytes: 0 };
    const position = this.positionOf(outcome.index);
    this.#held.set(position, held);
    this.#bodyBytes += bodyBytesOf(outcome);
    if (position === this.#next) this.#release();
    else if (this.#bodyBytes > this.#limits.bodyBytesMax) this.#putAside(held);
    this.#heldUp = this.#isHeldUp();
  }

  /** What comes last is wanted last, so its body goes to the file first. */
  #putAside(held: Held): void {
    const { outcome } = held;
    const bytes = bodyBytesOf(outcome);
    if (outcome.type === 'failure' || bytes === 0) return;
    const { body, encoded } = outcome;
    const { spilled, written } = this.#spill.put(
      encoded === undefined ? body : Buffer.concat([encoded, body]),
    );
    held.spilled = spilled;
    held.encodedBytes = encoded?.length ?? 0;
    held.outcome = outcome.withBody(NO_BODY, encoded && NO_BODY);
    this.#bodyBytes -= bytes;
    written.catch((error: unknown) => this.#fail(error as Error));
  }

  #isHeldUp(): boolean {
    const { outcomesMax, bodyBytesMax, spilledBytesMax } = this.#limits;
    return (
      this.#held.size + this.#passed.size >= outcomesMax ||
      this.#bodyBytes > 2 * bodyBytesMax ||
      this.#spill.bytes > spilledBytesMax
    );
  }

  /** Hands on what is there, from the one whose turn it is. */
  #release(): void {
    if (this.#releasing || this.#error !== undefined) return;
    for (let held = this.#held.get(this.#next); held !== undefined; held = this.#held.get(this.#next)) {
      if (this.#sink.full) break;
      if (held.spilled !== undefined) return this.#fetch(held, held.spilled);
      this.#handOn(held);
    }
    this.#settle();
  }

  #handOn({ outcome, skipped }: Held): void {
    this.#held.delete(this.#next++);
    this.#bodyBytes -= bodyBytesOf(outcome);
    this.#pass();
    if (skipped) this.#sink.skip?.(outcome);
    else this.#sink.write(outcome);
  }

  #pass(): void {
    while (this.#passed.delete(this.#next) || this.#isDone(this.#next)) this.#next++;
  }

  #fetch(held: Held, spilled: Spilled): void {
    this.#releasing = true;
    this.#spill.take(spilled).then(
      (bytes) => {
        this.#releasing = false;
        const { outcome, encodedBytes } = held;
        if (outcome.type === 'response') {
          const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
          const encoded = outcome.encoded && whole.subarray(0, encodedBytes);
          held.outcome = outcome.withBody(whole.subarray(encodedBytes), encoded);
          this.#bodyBytes += bytes.length;
        }
        held.spilled = undefined;
        this.#release();
      },
      (error: unknown) => {
        this.#releasing = false;
        this.#fail(error as Error);
      },
    );
  }

  #settle(): void {
    this.#heldUp = this.#isHeldUp();
    // Whoever was not stopped takes no harm from being told to go on.
    if (this.#closing === undefined && !this.#heldUp && !this.#sink.full) this.onDrain?.();
    if (this.#held.size === 0 || !this.#held.has(this.#next)) this.#onReleased?.();
  }

  #fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#held.clear();
    this.#heldUp = false;
    this.onError?.(error);
    this.#onReleased?.();
    if (this.#closing === undefined) this.onDrain?.();
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  /** A stop leaves holes. */
  async #finish(): Promise<void> {
    while (this.#held.size > 0 && this.#error === undefined) {
      if (!this.#held.has(this.#next)) {
        if (this.#behindHoles === 'dropped') break;
        this.#next = [...this.#held.keys()].reduce((least, position) => Math.min(least, position));
      }
      await new Promise<void>((resolve) => {
        this.#onReleased = resolve;
        this.#release();
      });
    }
    this.#onReleased = undefined;
    await this.#spill.close().catch((error: unknown) => {
      this.#error ??= error as Error;
    });
    await this.#sink.close();
    if (this.#error !== undefined) throw this.#error;
  }

  toString(): string {
    const holdup = this.holdup === undefined ? '' : `, held up by ${this.#next}`;
    return `ordered, ${this.#held.size} waiting${holdup}: ${this.#sink}`;
  }
}

function bodyBytesOf(outcome: Outcome): number {
  return outcome.type === 'response' ? outcome.body.length + (outcome.encoded?.length ?? 0) : 0;
}
