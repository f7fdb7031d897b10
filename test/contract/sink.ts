// What every Sink must do. Run over each of them; whoever writes a new one adds a line that runs it too.

import { describe, expect, it } from 'vitest';
import type { Sink } from '../../src/model/contracts.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { failure, response } from '../sinks/outcomes.ts';

export interface SinkUnderTest {
  readonly sink: Sink;
  /** The place behind the sink takes nothing until `release`. */
  hold(): void;
  release(): void;
  /** The next thing that the place behind the sink is given, or has been given while held, fails. */
  breakWith(code: string): void;
  /** Lets the time pass that a sink may collect records for. */
  letTimePass(): void;
  /** The indices of the records that are stored, in the order in which they stand there. */
  stored(): Promise<number[]>;
}

/** More writes than any sink may take without turning full. */
const WRITES_MAX = 100_000;

export function sinkContract(name: string, make: () => Promise<SinkUnderTest>): void {
  describe(`${name} keeps the contract of a sink`, () => {
    it('stores every outcome exactly once, in the order of the writes', async () => {
      const { sink, stored } = await make();
      const order = shuffled(500);
      for (const index of order) sink.write(outcome(index));
      await sink.close();
      expect(await stored()).toEqual(order);
    });

    it('closes without having been written to', async () => {
      const { sink, stored } = await make();
      await sink.close();
      expect(await stored()).toEqual([]);
    });

    it('stores what was written while it is open, too', async () => {
      const { sink, stored, letTimePass } = await make();
      const stores = (count: number) => async () => {
        letTimePass();
        return (await stored()).length === count;
      };
      sink.write(outcome(7));
      await eventually(stores(1));
      sink.write(outcome(8));
      await eventually(stores(2));
      await sink.close();
      expect(await stored()).toEqual([7, 8]);
    });

    it('turns full when nothing is taken, and drains when it is', async () => {
      const { sink, stored, hold, release } = await make();
      let drains = 0;
      sink.onDrain = () => drains++;
      hold();
      const written = writeUntilFull(sink);
      expect(sink.full).toBe(true);
      expect(drains).toBe(0);
      release();
      await eventually(() => drains > 0);
      expect(sink.full).toBe(false);
      await sink.close();
      expect(await stored()).toEqual(written);
    });

    it('takes more from its onDrain, in order', async () => {
      const { sink, stored, hold, release } = await make();
      let next = 0;
      let rounds = 0;
      const fill = () => {
        rounds++;
        while (!sink.full && next < WRITES_MAX) sink.write(outcome(next++));
      };
      sink.onDrain = () => rounds < 3 && fill();
      hold();
      fill();
      release();
      await eventually(() => rounds === 3);
      await sink.close();
      expect(await stored()).toEqual(Array.from({ length: next }, (_, i) => i));
    });

    it('does not close before everything is taken', async () => {
      const { sink, stored, hold, release } = await make();
      let closed = false;
      hold();
      sink.write(outcome(1));
      const closing = sink.close().then(() => {
        closed = true;
      });
      await turns(20);
      expect(closed).toBe(false);
      release();
      await closing;
      expect(await stored()).toEqual([1]);
    });

    it('closes once, however often it is told to', async () => {
      const { sink, stored } = await make();
      sink.write(outcome(1));
      await Promise.all([sink.close(), sink.close()]);
      await sink.close();
      expect(await stored()).toEqual([1]);
    });

    it('asks nobody to write after close', async () => {
      const { sink, hold, release } = await make();
      let drains = 0;
      sink.onDrain = () => drains++;
      hold();
      writeUntilFull(sink);
      const closing = sink.close();
      release();
      await closing;
      expect(drains).toBe(0);
    });

    it('refuses what is written after close', async () => {
      const { sink } = await make();
      await sink.close();
      expect(() => sink.write(outcome(1))).toThrow(/after close/);
    });

    it('tells of an error once, keeps nothing written later, and rejects at the end', async () => {
      const { sink, stored, breakWith, letTimePass } = await make();
      const errors: Error[] = [];
      sink.onError = (error) => errors.push(error);
      breakWith('ENOSPC');
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 500; i++) sink.write(outcome(i));
        await eventually(() => {
          letTimePass();
          return errors.length > 0;
        });
      }
      expect(sink.full).toBe(false);
      await expect(sink.close()).rejects.toThrow(/^cannot write .*disk is full.*-o/);
      await expect(sink.close()).rejects.toBe(errors[0]);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ code: 'ENOSPC' });
      expect(errors[0]!.message).not.toContain('\n');
      expect(await stored()).toEqual([]);
    });

    it('wakes a writer that waits when it breaks', async () => {
      const { sink, hold, breakWith, letTimePass } = await make();
      let drains = 0;
      sink.onDrain = () => drains++;
      hold();
      writeUntilFull(sink);
      breakWith('EPIPE');
      await eventually(() => {
        letTimePass();
        return drains > 0;
      });
      expect(sink.full).toBe(false);
      await expect(sink.close()).rejects.toMatchObject({ code: 'EPIPE' });
    });

    it('rejects at the end also where nobody listens for errors', async () => {
      const { sink, breakWith } = await make();
      breakWith('EIO');
      sink.write(outcome(1));
      await expect(sink.close()).rejects.toMatchObject({ code: 'EIO' });
    });
  });
}

function writeUntilFull(sink: Sink): number[] {
  const written: number[] = [];
  while (!sink.full && written.length < WRITES_MAX) {
    sink.write(outcome(written.length));
    written.push(written.length);
  }
  return written;
}

/** Responses and, each seventh, a failure. */
function outcome(index: number): Outcome {
  return index % 7 === 3 ? failure(index) : response({ index, body: `{"id":${index},"text":"öäü"}` });
}

/** The numbers below `length` in an order that is always the same and never sorted: 7 and `length` share no factor. */
function shuffled(length: number): number[] {
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
