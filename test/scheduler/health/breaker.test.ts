import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kind, Phase } from '../../../src/model/outcome.ts';
import { Breaker, type Health, healthOf } from '../../../src/scheduler/health/breaker.ts';
import { answered, failed } from '../outcomes.ts';

const TERMS = { maxHostErrors: 3, hostDownMaxMs: 60_000 };
const DOWN = Number.POSITIVE_INFINITY;

/** Opened at the time 0, after it has answered once. */
function opened(terms = TERMS): Breaker {
  const breaker = new Breaker(terms);
  breaker.settle('up', 0);
  for (let i = 0; i < terms.maxHostErrors; i++) breaker.settle('down', 0);
  return breaker;
}

describe('Breaker', () => {
  it('opens after so many failures in a row, and an answer begins a new row', () => {
    const breaker = new Breaker(TERMS);
    for (const health of ['down', 'down', 'up', 'down', 'neither', 'down'] as const) {
      breaker.settle(health, 0);
      expect(breaker.waitMs(0)).toBe(0);
    }
    expect(String(breaker)).toBe('closed, 2 failures in a row');
    breaker.settle('down', 0);
    expect(breaker.state).toBe('open');
    expect(breaker.waitMs(0)).toBe(1_000);
  });

  it('sends one probe after its time, and closes when that is answered', () => {
    const breaker = opened();
    expect(breaker.waitMs(999)).toBe(1);
    expect(breaker.waitMs(1_000)).toBe(0);
    breaker.take();
    expect(String(breaker)).toBe('probing');
    expect(breaker.waitMs(1_001)).toBeGreaterThan(0);
    breaker.settle('up', 1_050);
    expect(breaker.state).toBe('closed');
    expect(breaker.waitMs(1_050)).toBe(0);
    expect(breaker.isAtRest).toBe(true);
  });

  it('stays open twice as long after each probe that fails, up to half a minute', () => {
    const breaker = opened({ ...TERMS, hostDownMaxMs: 1e9 });
    let nowMs = 0;
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      waits.push(breaker.waitMs(nowMs));
      nowMs += breaker.waitMs(nowMs);
      expect(breaker.waitMs(nowMs)).toBe(0);
      breaker.take();
      breaker.settle('down', nowMs);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('learns nothing from what was sent before it opened and fails, but all from an answer', () => {
    const breaker = opened();
    breaker.settle('down', 500);
    expect(breaker.waitMs(500)).toBe(500);
    breaker.settle('up', 600);
    expect(breaker.state).toBe('closed');
  });

  // What had been sent before, and ended while the probe was under way, was taken for it.
  it('learns nothing of its probe from what was sent before that', () => {
    for (const health of ['down', 'neither'] as const) {
      const breaker = opened();
      expect(breaker.waitMs(1_000)).toBe(0);
      breaker.take(1_000);
      breaker.settle(health, 1_500, 900);
      expect(breaker.state).toBe('probing');
      expect(breaker.waitMs(1_500)).toBe(1_000);
      breaker.settle('down', 1_600, 1_000);
      expect([breaker.state, breaker.waitMs(1_600)]).toEqual(['open', 2_000]);
    }
  });

  it('sends another probe where one told nothing', () => {
    const breaker = opened();
    breaker.waitMs(1_000);
    breaker.take();
    breaker.settle('neither', 1_001);
    expect(breaker.waitMs(1_001)).toBe(0);
  });

  it('is down at once where it never answered, and still sends its probes', () => {
    const breaker = new Breaker(TERMS);
    for (let i = 0; i < 3; i++) breaker.settle('down', 0);
    expect(breaker.waitMs(0)).toBe(DOWN);
    expect(breaker.waitMs(1_000)).toBe(0);
    breaker.take();
    expect(breaker.waitMs(1_000)).toBe(DOWN);
  });

  it('is down where it has not answered for too long, until it does', () => {
    const breaker = opened({ maxHostErrors: 3, hostDownMaxMs: 1_500 });
    breaker.waitMs(1_000);
    breaker.take();
    breaker.settle('down', 1_000);
    expect(breaker.waitMs(1_499)).toBe(1_501);
    expect(breaker.waitMs(1_500)).toBe(DOWN);
    expect(breaker.waitMs(3_000)).toBe(0);
    breaker.take();
    breaker.settle('up', 3_001);
    expect(breaker.waitMs(3_001)).toBe(0);
  });

  it('fails at once where nothing is to wait', () => {
    expect(opened({ maxHostErrors: 3, hostDownMaxMs: 0 }).waitMs(0)).toBe(DOWN);
  });

  it('does what its picture says, whatever happens and when', () => {
    const event = fc.record({
      what: fc.constantFrom<Health | 'start'>('up', 'down', 'neither', 'start'),
      gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000 })),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 80 }),
        fc.integer({ min: 1, max: 4 }),
        (events, maxHostErrors) => {
          const breaker = new Breaker({ maxHostErrors, hostDownMaxMs: 10_000 });
          // The picture, written anew: the circuit is closed while `openUntil` is undefined.
          let openUntil: number | undefined;
          let [row, length, since, answeredOnce, probes] = [0, 1_000, 0, false, 0];
          let nowMs = 0;
          for (const { what, gapMs } of events) {
            nowMs += gapMs;
            const isOver = openUntil !== undefined && nowMs >= openUntil;
            const mayStart = openUntil === undefined || (isOver && probes === 0);
            const waitMs = breaker.waitMs(nowMs);
            expect(waitMs === 0).toBe(mayStart);
            if (!mayStart) expect(waitMs === DOWN).toBe(!answeredOnce || nowMs - since >= 10_000);
            if (what === 'start') {
              if (!mayStart) continue;
              breaker.take();
              if (openUntil !== undefined) probes++;
              continue;
            }
            breaker.settle(what, nowMs);
            if (what === 'up') {
              [openUntil, row, length, answeredOnce, probes] = [undefined, 0, 1_000, true, 0];
            } else if (what === 'neither') probes = 0;
            else if (openUntil === undefined) {
              if (++row >= maxHostErrors) [openUntil, since] = [nowMs + length, nowMs];
            } else if (isOver) {
              length = Math.min(length * 2, 30_000);
              [openUntil, probes] = [nowMs + length, 0];
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('healthOf', () => {
  it.each([200, 404, 429, 500, 503])('takes status %d for an answer', (status) => {
    expect(healthOf(answered(status), false)).toBe('up');
    expect(healthOf(answered(status), true)).toBe('up');
  });

  it.each<[Kind, Health]>([
    ['timeout', 'down'],
    ['refused', 'down'],
    ['reset', 'down'],
    ['closed', 'down'],
    ['unreachable', 'down'],
    ['not-found', 'down'],
    ['protocol', 'up'],
    ['certificate', 'up'],
    ['too-large', 'up'],
    ['unexpected', 'up'],
    ['resources', 'neither'],
    ['aborted', 'neither'],
    ['proxy', 'neither'],
  ])('takes a failure of kind %s for %s', (kind, health) => {
    expect(healthOf(failed(kind), false)).toBe(health);
  });

  it.each<[Phase, Health]>([
    ['dns', 'neither'],
    ['connect', 'neither'],
    ['tls', 'down'],
    ['headers', 'down'],
  ])('takes a failure of phase %s for %s where there is a proxy before the host', (phase, health) => {
    expect(healthOf(failed('timeout', phase, 'none'), true)).toBe(health);
    expect(healthOf(failed('timeout', phase, 'none'), false)).toBe('down');
  });
});
