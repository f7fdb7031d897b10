import { describe, expect, it } from 'vitest';
import { Crowd } from '../../src/target/crowd.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

/** How many are answered in a second by a crowd of always so many. */
function perSecond(inFlight: number): number {
  const clock = new VirtualClock();
  const crowd = new Crowd(60, 23, 4000, 10_000, clock);
  let answered = 0;
  const ask = () => {
    crowd.enter(() => {
      answered++;
      ask();
    });
  };
  for (let i = 0; i < inFlight; i++) ask();
  clock.advance(10_000);
  answered = 0;
  clock.advance(10_000);
  return answered / 10;
}

describe('Crowd', () => {
  it('answers more the more there are up to the knee, then fewer, a third with so many', () => {
    const best = perSecond(60);
    expect(best).toBeCloseTo(60 / 0.023, -2);
    expect(perSecond(30) / best).toBeCloseTo(0.5, 2);
    expect(perSecond(240) / best).toBeCloseTo(4 ** (-Math.log(3) / Math.log(4000 / 60)), 1);
    expect(perSecond(4000) / best).toBeCloseTo(1 / 3, 1);
  });

  it('takes in no more than its bound', () => {
    const clock = new VirtualClock();
    const crowd = new Crowd(1, 10, 4, 2, clock);
    expect([crowd.enter(() => {}), crowd.enter(() => {}), crowd.enter(() => {})]).toEqual([
      true,
      true,
      false,
    ]);
    expect(`${crowd}`).toBe('crowd of 2, best at 1');
    clock.advance(10);
    expect(crowd.enter(() => {})).toBe(true);
  });
});
