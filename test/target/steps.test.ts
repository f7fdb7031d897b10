import { describe, expect, it } from 'vitest';
import { Steps } from '../../src/target/steps.ts';

describe('Steps', () => {
  it('begin with the first look and stay at the last value', () => {
    const steps = new Steps([200, 40, 100], 1000);
    expect([5000, 5999, 6000, 6999, 7000, 60_000].map((ms) => steps.at(ms))).toEqual([
      200, 200, 40, 40, 100, 100,
    ]);
  });
});
