// What the suite of sinks writes to them, and how it waits.

import type { DurableSink } from '../../src/model/contracts.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { failure, response } from '../sinks/outcomes.ts';

/** More writes than any sink may take without turning full: 80 MB of bodies. */
export const WRITES_MAX = 20_000;
const LARGE_BODY = `{"text":"${'öäü '.repeat(580)}"}`;

export function write(sink: DurableSink, from: number, count: number): void {
  for (const index of range(from, count)) sink.write(outcome(index));
}

export function writeUntilFull(sink: DurableSink): number[] {
  const written: number[] = [];
  while (!sink.full && written.length < WRITES_MAX) {
    sink.write(large(written.length));
    written.push(written.length);
  }
  return written;
}

/** Responses and, each seventh, a failure. */
export function outcome(index: number): Outcome {
  return index % 7 === 3 ? failure(index) : response({ index, body: `{"id":${index},"text":"öäü"}` });
}

export function large(index: number): Outcome {
  return response({ index, body: LARGE_BODY });
}

export function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** The numbers below `length` in an order that is always the same and never sorted: 7 and `length` share no factor. */
export function shuffled(length: number): number[] {
  return Array.from({ length }, (_, i) => (i * 7 + 3) % length);
}

/** Lets the event loop turn until it is so; real files need some turns, but nobody sleeps. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 10_000_000; turn++) {
    if (await isSo()) return;
    await turns(1);
  }
  throw new Error(`not so after 10,000,000 turns: ${isSo}`);
}

export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
