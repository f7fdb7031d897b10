import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkerPool } from '../../src/target/worker-pool.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

describe('WorkerPool', () => {
  it('serves n at a time and the others in order', () => {
    const clock = new VirtualClock();
    const pool = new WorkerPool(2, 20, 10, clock);
    const done: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      pool.enter((queueMs) => done.push(`${name} at ${clock.now()} after ${queueMs}`));
    }
    expect(`${pool}`).toBe('workers 2 busy 2 waiting 3');
    clock.advance(19);
    expect(done).toEqual([]);
    clock.advance(1);
    expect(done).toEqual(['a at 20 after 0', 'b at 20 after 0']);
    expect(`${pool}`).toBe('workers 2 busy 2 waiting 1');
    clock.advance(40);
    expect(done.slice(2)).toEqual(['c at 40 after 20', 'd at 40 after 20', 'e at 60 after 40']);
    expect(`${pool}`).toBe('workers 2 busy 0 waiting 0');
  });

  it('refuses when the queue is full, and takes again when a place is free', () => {
    const clock = new VirtualClock();
    const pool = new WorkerPool(1, 10, 1, clock);
    expect(pool.enter(() => {})).toBeDefined();
    expect(pool.enter(() => {})).toBeDefined();
    expect(pool.enter(() => {})).toBeUndefined();
    clock.advance(10);
    expect(pool.enter(() => {})).toBeDefined();
  });

  it('has as many as it is told to from one moment on, and none is taken off its work', () => {
    const clock = new VirtualClock();
    const pool = new WorkerPool(3, 20, 10, clock);
    const done: number[] = [];
    for (let i = 0; i < 7; i++) pool.enter(() => done.push(clock.now()));
    pool.resize(1);
    expect(`${pool}`).toBe('workers 1 busy 3 waiting 4');
    clock.advance(20);
    expect(`${pool}`).toBe('workers 1 busy 1 waiting 3');
    pool.resize(2);
    expect(`${pool}`).toBe('workers 2 busy 2 waiting 2');
    clock.advance(60);
    expect(done).toEqual([20, 20, 20, 40, 40, 60, 60]);
  });

  it('frees the place of one who leaves the queue', () => {
    const clock = new VirtualClock();
    const pool = new WorkerPool(1, 10, 3, clock);
    const done: string[] = [];
    const enter = (name: string) => pool.enter(() => done.push(name))!;
    enter('working');
    const leaves = ['first', 'middle', 'last'].map(enter);
    leaves[1]!();
    leaves[1]!();
    expect(`${pool}`).toBe('workers 1 busy 1 waiting 2');
    leaves[2]!();
    enter('late');
    leaves[0]!();
    clock.advance(100);
    expect(done).toEqual(['working', 'late']);
    expect(`${pool}`).toBe('workers 1 busy 0 waiting 0');
  });

  it('keeps the worker busy for one who leaves while it works', () => {
    const clock = new VirtualClock();
    const pool = new WorkerPool(1, 10, 3, clock);
    const done: string[] = [];
    const leave = pool.enter(() => done.push('gone'))!;
    pool.enter(() => done.push(`next at ${clock.now()}`));
    clock.advance(5);
    leave();
    expect(`${pool}`).toBe('workers 1 busy 1 waiting 1');
    clock.advance(15);
    expect(done).toEqual(['next at 20']);
  });

  it('ends every job once, in order, however they come and leave', () => {
    const step = fc.record({ waitMs: fc.nat(15), leaves: fc.option(fc.nat(40), { nil: undefined }) });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.nat(6),
        fc.array(step, { maxLength: 40 }),
        (n, max, steps) => {
          const clock = new VirtualClock();
          const pool = new WorkerPool(n, 10, max, clock);
          const done: number[] = [];
          const leave: ((() => void) | undefined)[] = [];
          const left = new Set<number>();
          steps.forEach(({ waitMs, leaves }, i) => {
            clock.advance(waitMs);
            leave.push(pool.enter(() => done.push(i)));
            const who = leaves === undefined ? undefined : leave[leaves];
            if (who !== undefined && !done.includes(leaves!)) left.add(leaves!);
            who?.();
          });
          clock.advance(10 * (steps.length + 1));
          const expected = leave.flatMap((entered, i) => (entered !== undefined && !left.has(i) ? [i] : []));
          expect(done).toEqual(expected);
          expect(`${pool}`).toBe(`workers ${n} busy 0 waiting 0`);
        },
      ),
    );
  });
});
