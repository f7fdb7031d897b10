import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Later, type Waiting } from '../../../src/scheduler/retry/later.ts';

function takeAll<T>(later: Later<T>, nowMs: number): T[] {
  const all: T[] = [];
  for (let one = later.take(nowMs); one !== undefined; one = later.take(nowMs)) all.push(one);
  return all;
}

describe('Later', () => {
  it('gives out what is due, the earliest first, equals in the order in which they came', () => {
    const later = new Later<string>(10);
    later.add('c', 20);
    later.add('a', 10);
    later.add('d', 20);
    later.add('b', 10);
    expect(later.dueMs).toBe(10);
    expect(later.take(9)).toBeUndefined();
    expect(takeAll(later, 10)).toEqual(['a', 'b']);
    expect(later.dueMs).toBe(20);
    expect(takeAll(later, 1_000)).toEqual(['c', 'd']);
    expect(later.dueMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('holds so many and no more', () => {
    const later = new Later<number>(2);
    later.add(1, 1);
    expect(later.full).toBe(false);
    later.add(2, 2);
    expect(later.full).toBe(true);
    expect(later.add(3, 3)).toBeUndefined();
    later.take(1);
    expect(later.add(3, 3)).toBeDefined();
    expect(String(later)).toBe('2 later');
  });

  it('lets go of one that is not wanted any more, once', () => {
    const later = new Later<string>(10);
    const places = ['a', 'b', 'c', 'd'].map((item, i) => later.add(item, i)!);
    expect(later.remove(places[1]!)).toBe(true);
    expect(later.remove(places[1]!)).toBe(false);
    expect(takeAll(later, 9)).toEqual(['a', 'c', 'd']);
    expect(later.remove(places[0]!)).toBe(false);
  });

  it('gives all back when it is cleared', () => {
    const later = new Later<string>(10);
    const waiting = later.add('a', 5)!;
    later.add('b', 3);
    expect(later.clear().sort()).toEqual(['a', 'b']);
    expect(later.size).toBe(0);
    expect(later.remove(waiting)).toBe(false);
  });

  it('does what a sorted list does, whatever comes and goes', () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ what: fc.constant('add' as const), at: fc.integer({ min: 0, max: 50 }) }),
      },
      // Seldom one that is due: the heap is to grow deep.
      fc.record({ what: fc.constant('take' as const), at: fc.integer({ min: 0, max: 10 }) }),
      fc.record({ what: fc.constant('remove' as const), at: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 300 }), (steps) => {
        const later = new Later<number>(40);
        let model: Waiting<number>[] = [];
        steps.forEach(({ what, at }, i) => {
          if (what === 'add') {
            const waiting = later.add(i, at);
            expect(waiting === undefined).toBe(model.length === 40);
            if (waiting !== undefined) model.push(waiting);
            model.sort((a, b) => a.dueMs - b.dueMs || a.turn - b.turn);
          } else if (what === 'take') {
            const first = model[0];
            const due = first !== undefined && first.dueMs <= at;
            expect(later.take(at)).toBe(due ? first.item : undefined);
            if (due) model = model.slice(1);
          } else if (model.length > 0) {
            expect(later.remove(model.splice(at % model.length, 1)[0]!)).toBe(true);
          }
          expect(later.size).toBe(model.length);
          expect(later.dueMs).toBe(model[0]?.dueMs ?? Number.POSITIVE_INFINITY);
        });
      }),
    );
  });
});
