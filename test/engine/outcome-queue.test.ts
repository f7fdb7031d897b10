// Outcomes for a consumer in code: batches, bound, end.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutcomeQueue } from '../../src/engine/outcome-queue.ts';
import { Failure, type Outcome } from '../../src/model/outcome.ts';

function outcome(index: number): Outcome {
  return Failure.ofInput(index, 'nonsense', 'no request');
}

function indices(batch: readonly Outcome[] | undefined): number[] | undefined {
  return batch?.map((one) => one.index);
}

describe('OutcomeQueue', () => {
  it('hands out all that has come, in its order', async () => {
    const queue = new OutcomeQueue(10);
    for (let i = 0; i < 3; i++) queue.write(outcome(i));
    expect(indices(await queue.take())).toEqual([0, 1, 2]);
  });

  it('gathers what is written in one go for a consumer that waits', async () => {
    const queue = new OutcomeQueue(10);
    const taken = queue.take();
    for (let i = 0; i < 3; i++) queue.write(outcome(i));
    expect(indices(await taken)).toEqual([0, 1, 2]);
  });

  it('does not lose the last batch where the room that it leaves brings the run to its end', async () => {
    const queue = new OutcomeQueue(2);
    queue.onDrain = () => {
      if (queue.asked) void queue.close();
    };
    const taken = queue.take();
    queue.write(outcome(0));
    queue.write(outcome(1));
    expect(indices(await taken)).toEqual([0, 1]);
    const next = queue.take();
    expect(queue.asked).toBe(true);
    await queue.close();
    expect(await next).toBeUndefined();
  });

  it('ends with undefined, again and again, after all was handed out', async () => {
    const queue = new OutcomeQueue(10);
    queue.write(outcome(0));
    await queue.close();
    queue.close();
    expect(indices(await queue.take())).toEqual([0]);
    expect([await queue.take(), await queue.take()]).toEqual([undefined, undefined]);
  });

  it('ends for a consumer that waits, and gives it first what was written in the same turn', async () => {
    const idle = new OutcomeQueue(10);
    const end = idle.take();
    idle.close();
    expect(await end).toBeUndefined();
    const queue = new OutcomeQueue(10);
    const taken = queue.take();
    queue.write(outcome(0));
    queue.close();
    expect(indices(await taken)).toEqual([0]);
    expect(await queue.take()).toBeUndefined();
  });

  it('is full at its bound, and tells once when it was emptied', async () => {
    const queue = new OutcomeQueue(2);
    let drains = 0;
    queue.onDrain = () => drains++;
    queue.write(outcome(0));
    expect(queue.full).toBe(false);
    await queue.take();
    expect(drains).toBe(0);
    queue.write(outcome(1));
    queue.write(outcome(2));
    expect(queue.full).toBe(true);
    await queue.take();
    expect([queue.full, drains]).toEqual([false, 1]);
  });

  it('keeps what is written while it tells that it was emptied', async () => {
    const queue = new OutcomeQueue(1);
    queue.onDrain = () => {
      queue.onDrain = undefined;
      queue.write(outcome(1));
    };
    queue.write(outcome(0));
    expect(indices(await queue.take())).toEqual([0]);
    expect(indices(await queue.take())).toEqual([1]);
  });

  it('hands out one by one, also to calls that came before the outcomes', async () => {
    const queue = new OutcomeQueue(2);
    let drains = 0;
    queue.onDrain = () => drains++;
    const calls = [queue.next(), queue.next()];
    for (let i = 0; i < 4; i++) queue.write(outcome(i));
    expect([queue.full, drains]).toEqual([true, 0]);
    calls.push(queue.next());
    expect([queue.full, drains]).toEqual([false, 1]);
    calls.push(queue.next(), queue.next(), queue.next());
    await queue.close();
    const ones = await Promise.all([...calls, queue.next()]);
    expect(ones.map((one) => one.value?.index)).toEqual([0, 1, 2, 3, undefined, undefined, undefined]);
    expect(ones.map((one) => one.done)).toEqual([false, false, false, false, true, true, true]);
  });

  it('ends with what broke the run, for all who wait and all who come later', async () => {
    const queue = new OutcomeQueue(2);
    queue.end = Promise.reject(new Error('broken'));
    queue.end.catch(() => {});
    const calls = [queue.next(), queue.next()];
    queue.write(outcome(0));
    await queue.close();
    expect((await calls[0])?.value?.index).toBe(0);
    await expect(calls[1]).rejects.toThrow('broken');
    await expect(queue.next()).rejects.toThrow('broken');
  });

  it('loses nothing and turns nothing round, however writer and consumer take turns', async () => {
    const turns = fc.array(fc.tuple(fc.nat(5), fc.boolean()), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(turns, fc.integer({ min: 1, max: 6 }), fc.boolean(), async (steps, max, byOne) => {
        const queue = new OutcomeQueue(max);
        const taken: number[] = [];
        const consume = (async () => {
          for (
            let one = byOne ? await queue.next() : undefined;
            one?.done === false;
            one = await queue.next()
          )
            taken.push(one.value.index);
          if (byOne) return;
          for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) {
            expect(batch.length).toBeGreaterThan(0);
            taken.push(...indices(batch)!);
          }
        })();
        let written = 0;
        for (const [count, pause] of steps) {
          for (let i = 0; i < count; i++) queue.write(outcome(written++));
          if (pause) await Promise.resolve();
        }
        await queue.close();
        await consume;
        expect(taken).toEqual(Array.from({ length: written }, (_, i) => i));
      }),
    );
  });
});
