// Several sinks as one: each is given every outcome. They stay in step: when one breaks, none is given anything more.

import type { BodyStore, DurableSink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Committed } from './bytes-taker.ts';
import { NO_BODIES } from './no-bodies.ts';
import { lostError } from './positioned-file.ts';

export class FanOut implements DurableSink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  /** The first that keeps bodies keeps them for all: each body is stored once. None where one of them wants bodies in
   *  memory: then those who keep them get them with their outcomes. They are dropped where all of them drop them. */
  readonly bodies: BodyStore | undefined;
  readonly takesEncoded: boolean;
  readonly #sinks: readonly DurableSink[];
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(sinks: readonly DurableSink[]) {
    this.#sinks = sinks;
    this.takesEncoded = sinks.some(({ takesEncoded }) => takesEncoded === true);
    this.bodies = this.takesEncoded ? undefined : storeOfAll(sinks.map(({ bodies }) => bodies));
    for (const sink of sinks) {
      sink.onDrain = () => this.#drained();
      sink.onError = (error) => this.#broke(error);
    }
  }

  /** What costs the one of them for which a commit costs the most, at this moment. */
  get commitMs(): number | undefined {
    const prices = this.#sinks.flatMap(({ commitMs }) => commitMs ?? []);
    return prices.length === 0 ? undefined : Math.max(...prices);
  }

  get full(): boolean {
    return this.#error === undefined && this.#sinks.some(({ full }) => full);
  }

  write(outcome: Outcome): void {
    if (this.#closing !== undefined) throw new Error('write to several outputs after close');
    if (this.#error !== undefined) return;
    for (const sink of this.#sinks) sink.write(outcome);
  }

  async commit(durability: Committed): Promise<string> {
    if (this.#closing !== undefined) throw new Error('commit of several outputs after close');
    if (this.#error !== undefined) throw this.#error;
    // At once, so that all of them commit the same outcomes.
    const positions = await allOf(this.#sinks.map((sink) => sink.commit(durability)));
    return JSON.stringify(positions);
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  toString(): string {
    return this.#sinks.join('; ');
  }

  /** Who has closed writes no more and must not be asked to. */
  #drained(): void {
    if (this.#error === undefined && this.#closing === undefined && !this.full) this.onDrain?.();
  }

  /** A writer that waits for another of them is woken, or it would wait for one that is given nothing any more. */
  #broke(error: Error): void {
    if (this.#error !== undefined) return;
    const waited = this.full;
    this.#error = error;
    this.onError?.(error);
    if (waited && this.#closing === undefined) this.onDrain?.();
  }

  async #finish(): Promise<void> {
    const ended = allOf(this.#sinks.map((sink) => sink.close()));
    await ended.catch((error) => {
      throw this.#error ?? error;
    });
  }
}

function storeOfAll(stores: readonly (BodyStore | undefined)[]): BodyStore | undefined {
  const keeper = stores.find((one) => one !== undefined && one !== NO_BODIES);
  if (keeper !== undefined) return keeper;
  return stores.every((one) => one === NO_BODIES) ? NO_BODIES : undefined;
}

/** Opens one after the other, each with its own position; when one cannot be opened, those that are open are closed. */
export async function openFanOut(
  openers: readonly ((position: string | undefined) => Promise<DurableSink>)[],
  position?: string,
): Promise<FanOut> {
  const positions = positionsIn(position, openers.length);
  const sinks: DurableSink[] = [];
  try {
    for (const [i, open] of openers.entries()) sinks.push(await open(positions[i]));
  } catch (error) {
    await Promise.allSettled(sinks.map((sink) => sink.close()));
    throw error;
  }
  return new FanOut(sinks);
}

/** The position of each of them in the position of all. */
function positionsIn(position: string | undefined, count: number): readonly (string | undefined)[] {
  if (position === undefined) return [];
  const positions = parsed(position);
  if (
    Array.isArray(positions) &&
    positions.length === count &&
    positions.every((one) => typeof one === 'string')
  )
    return positions;
  throw lostError('these outputs', `the journal does not name a place in each of the ${count}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All of them end before it does; then the first error, in their order. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(promises);
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
