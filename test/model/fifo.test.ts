// The queue against an array.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../src/model/fifo.ts';

/** So many pushed, then so many taken: long runs go through the places where it moves what is left. */
const runs = fc.array(fc.tuple(fc.nat(1500), fc.nat(1500)), { maxLength: 12 });

describe('Fifo', () => {
  it('does as an array with push and shift', () => {
    fc.assert(
      fc.property(runs, (steps) => {
        const fifo = new Fifo<number>();
        const array: number[] = [];
        let next = 0;
        for (const [pushes, shifts] of steps) {
          for (let i = 0; i < pushes; i++) {
            fifo.push(next);
            array.push(next++);
          }
          const taken: (number | undefined)[] = [];
          const expected: (number | undefined)[] = [];
          for (let i = 0; i < shifts; i++) {
            taken.push(fifo.shift());
            expected.push(array.shift());
          }
          expect(taken).toEqual(expected);
          expect([fifo.length, fifo.peek()]).toEqual([array.length, array[0]]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
