// Whatever order outcomes come in, they leave in that of the input, with their bodies, and within bounds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORDERED_LIMITS, OrderedSink } from '../../src/engine/ordered-sink.ts';
import type { Sink } from '../../src/model/contracts.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { type Outcome, REUSED, Response } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';
import { SpillFile } from '../../src/storage/spill-file.ts';
import { FakeFiles } from '../fake/fake-files.ts';

function response(index: number, bytes = 4): Response {
  const { origin, target } = parseUrl('http://localhost/');
  const request = new Request(index, 'GET', origin, target, EMPTY_HEADERS, undefined, undefined);
  const framing = {
    contentLength: 0,
    transferEncoding: 'none',
    keepAlive: true,
    keepAliveMs: undefined,
  } as const;
  const body = Buffer.alloc(bytes, String(index));
  return new Response(request, new ResponseHead(200, '1.1', '', '', framing), body, '', 1, 1, REUSED, '');
}

class Shelf implements Sink {
  full = false;
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly taken: Outcome[] = [];
  readonly skipped: number[] = [];
  closed = false;

  write(outcome: Outcome): void {
    this.taken.push(outcome);
  }

  skip(outcome: Outcome): void {
    this.skipped.push(outcome.index);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  get indices(): number[] {
    return this.taken.map(({ index }) => index);
  }
}

function spill(files = new FakeFiles()): SpillFile {
  return new SpillFile('/spill', files);
}

describe('an ordered sink', () => {
  it('hands on in the order of the input, whatever comes first, and knows who holds it up', async () => {
    const shelf = new Shelf();
    const sink = new OrderedSink(shelf, spill());
    for (const index of [2, 1, 3]) sink.write(response(index));
    expect([shelf.indices, sink.holdup]).toEqual([[], { position: 0, waiting: 3 }]);
    sink.write(response(0));
    expect([shelf.indices, sink.holdup]).toEqual([[0, 1, 2, 3], undefined]);
    await sink.close();
    expect(shelf.closed).toBe(true);
  });

  it('does so for every order, with bodies that are put aside, skipped ones, and a sink that is full at times', async () => {
    const orders = fc.uniqueArray(fc.nat(30), { minLength: 31, maxLength: 31 });
    await fc.assert(
      fc.asyncProperty(orders, fc.nat(), async (order, chance) => {
        const files = new FakeFiles();
        const shelf = new Shelf();
        const limits = { ...ORDERED_LIMITS, bodyBytesMax: 20 };
        const sink = new OrderedSink(shelf, spill(files), { limits });
        for (const [i, index] of order.entries()) {
          if (((chance >> (i % 20)) & 1) === 1) {
            shelf.full = !shelf.full;
            if (!shelf.full) shelf.onDrain?.();
          }
          if (index % 5 === 4) sink.skip(response(index));
          else sink.write(response(index, index % 7));
        }
        shelf.full = false;
        shelf.onDrain?.();
        await sink.close();
        const all = order.map((_, index) => index);
        expect(shelf.indices).toEqual(all.filter((index) => index % 5 !== 4));
        expect(shelf.skipped).toEqual(all.filter((index) => index % 5 === 4));
        for (const one of shelf.taken) {
          const { body } = one as Response;
          expect(body.equals(Buffer.alloc(one.index % 7, String(one.index)))).toBe(true);
        }
        expect(files.paths).not.toContain('/spill');
      }),
      { numRuns: 100 },
    );
  });

  it('keeps bodies in a file beyond a bound, and uses its room again', async () => {
    const files = new FakeFiles();
    const shelf = new Shelf();
    const file = spill(files);
    const sink = new OrderedSink(shelf, file, { limits: { ...ORDERED_LIMITS, bodyBytesMax: 100 } });
    for (let round = 0; round < 5; round++) {
      for (let i = 9; i >= 0; i--) sink.write(response(round * 10 + i, 60));
      expect(file.bytes).toBe(8 * 60);
      while (shelf.taken.length < (round + 1) * 10) await new Promise((resolve) => setImmediate(resolve));
      expect(file.bytes).toBe(0);
    }
    await sink.close();
    expect(shelf.taken.every((one) => (one as Response).body.length === 60)).toBe(true);
  });

  it('keeps bodies as they came with those that were decoded, in memory and aside', async () => {
    const shelf = Object.assign(new Shelf(), { takesEncoded: true });
    const file = spill();
    const sink = new OrderedSink(shelf, file, { limits: { ...ORDERED_LIMITS, bodyBytesMax: 100 } });
    expect(sink.takesEncoded).toBe(true);
    for (let i = 9; i >= 0; i--) {
      const decoded = i % 4 === 3 ? Buffer.alloc(0) : Buffer.alloc(60, `d${i}`);
      sink.write(i % 2 === 0 ? response(i, 60) : response(i).withBody(decoded, Buffer.alloc(20, `e${i}`)));
    }
    expect(file.bytes).toBeGreaterThan(300);
    while (shelf.taken.length < 10) await new Promise((resolve) => setImmediate(resolve));
    for (const one of shelf.taken as Response[]) {
      const { index, body, encoded } = one;
      expect(encoded?.toString()).toBe(index % 2 === 0 ? undefined : String(Buffer.alloc(20, `e${index}`)));
      const text =
        index % 4 === 3 ? '' : String(Buffer.alloc(60, index % 2 === 0 ? String(index) : `d${index}`));
      expect(body.toString()).toBe(text);
    }
    await sink.close();
  });

  it('holds others up when its window is full, and lets them go when who it waits for is there', () => {
    const shelf = new Shelf();
    const sink = new OrderedSink(shelf, spill(), { limits: { ...ORDERED_LIMITS, outcomesMax: 3 } });
    let drained = 0;
    sink.onDrain = () => drained++;
    for (const index of [1, 2]) sink.write(response(index));
    expect(sink.heldUp).toBe(false);
    sink.write(response(3));
    // Not full: whoever it waits for may have to be sent once more.
    expect([sink.heldUp, sink.full, drained]).toEqual([true, false, 0]);
    sink.write(response(0));
    expect([sink.heldUp, shelf.indices]).toEqual([false, [0, 1, 2, 3]]);
    expect(drained).toBeGreaterThan(0);
  });

  it('passes what an earlier run has handed on', () => {
    const shelf = new Shelf();
    const sink = new OrderedSink(shelf, spill(), { isDone: (position) => position < 3 || position === 4 });
    for (const index of [5, 3]) sink.write(response(index));
    expect(shelf.indices).toEqual([3, 5]);
  });

  it('goes by positions where indices are others', () => {
    const shelf = new Shelf();
    const sink = new OrderedSink(shelf, spill());
    sink.positionOf = (index) => 9 - index;
    for (const index of [8, 7, 9]) sink.write(response(index));
    expect(shelf.indices).toEqual([9, 8, 7]);
  });

  it('at the end gives what stands behind a hole, or drops it where a later run will send it again', async () => {
    for (const [behindHoles, expected] of [
      ['given', [0, 2, 5]],
      ['dropped', [0]],
    ] as const) {
      const shelf = new Shelf();
      const sink = new OrderedSink(shelf, spill(), { behindHoles });
      for (const index of [5, 2, 0]) sink.write(response(index));
      await sink.close();
      expect(shelf.indices).toEqual(expected);
    }
  });

  it('tells of a file that takes no more, once, and of an error of its sink', async () => {
    const files = new FakeFiles().failAt(1, 'ENOSPC', { kind: 'write' });
    const shelf = new Shelf();
    const sink = new OrderedSink(shelf, spill(files), { limits: { ...ORDERED_LIMITS, bodyBytesMax: 10 } });
    const errors: string[] = [];
    sink.onError = (error) => errors.push((error as NodeJS.ErrnoException).code ?? error.message);
    for (let i = 9; i > 0; i--) sink.write(response(i, 60));
    await expect(sink.close()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(errors).toEqual(['ENOSPC']);
    const other = new OrderedSink(shelf, spill());
    other.onError = (error) => errors.push(error.message);
    shelf.onError?.(new Error('full disk'));
    expect(errors).toEqual(['ENOSPC', 'full disk']);
    await expect(other.close()).rejects.toThrow('full disk');
  });
});
