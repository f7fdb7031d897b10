// The limit above all hosts: it grows while this process has time left, and no further than it may.

import { describe, expect, it } from 'vitest';
import { TotalLaw } from '../../src/scheduler/control/total-law.ts';

const SETTINGS = { initial: 1000, max: 8000 };

function lookedAt(law: TotalLaw, times: number, look: { busy: number; full: boolean }, drops = 0): number[] {
  const limits: number[] = [];
  for (let i = 0; i < times; i++) {
    for (let n = 0; n < 100; n++) law.record(n < drops ? 'drop' : 'success');
    law.look({ nowMs: i * 250, busy: look.busy, inFlight: look.full ? law.limit : 10 });
    limits.push(law.limit);
  }
  return limits;
}

describe('the limit of all hosts together', () => {
  it('grows by a quarter a look while every slot is used and the process has time', () => {
    const law = new TotalLaw(SETTINGS);
    expect(lookedAt(law, 3, { busy: 0.5, full: true })).toEqual([1250, 1563, 1954]);
    expect(lookedAt(law, 20, { busy: 0.5, full: true }).at(-1)).toBe(8000);
  });

  it('stays where slots are free', () => {
    expect(lookedAt(new TotalLaw(SETTINGS), 20, { busy: 0.1, full: false }).at(-1)).toBe(1000);
  });

  it('stays where the process is busy, and falls back slowly where it has no time at all', () => {
    const law = new TotalLaw(SETTINGS);
    lookedAt(law, 5, { busy: 0.5, full: true });
    const grown = law.limit;
    expect(lookedAt(law, 5, { busy: 0.9, full: true }).at(-1)).toBe(grown);
    expect(lookedAt(law, 5, { busy: 1, full: true })[0]).toBe(Math.ceil(grown * 0.95));
    expect(lookedAt(law, 200, { busy: 1, full: true }).at(-1)).toBe(1000);
  });

  it('gives way where far more is dropped than before, and does not grow for a while', () => {
    const law = new TotalLaw(SETTINGS);
    lookedAt(law, 4, { busy: 0.5, full: true });
    const grown = law.limit;
    expect(lookedAt(law, 1, { busy: 0.5, full: true }, 20)).toEqual([Math.ceil(grown * 0.7)]);
    const later = lookedAt(law, 39, { busy: 0.5, full: true });
    expect(later.at(-1)).toBe(Math.ceil(grown * 0.7));
    law.look({ nowMs: 10_000, busy: 0.5, inFlight: law.limit });
    expect(law.limit).toBe(Math.ceil(Math.ceil(grown * 0.7) * 1.25));
  });

  it('takes drops that come at any load as they are', () => {
    const law = new TotalLaw(SETTINGS);
    lookedAt(law, 30, { busy: 0.9, full: true }, 20);
    expect(lookedAt(law, 4, { busy: 0.5, full: true }, 20).at(-1)).toBeGreaterThan(2000);
  });

  it('is never above what it may be, not even at first', () => {
    const law = new TotalLaw({ initial: 1000, max: 300 });
    expect(law.limit).toBe(300);
    expect(lookedAt(law, 5, { busy: 1, full: true }, 50).at(-1)).toBe(300);
  });
});
