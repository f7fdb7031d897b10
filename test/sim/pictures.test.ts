// The pictures of docs/adaptive.md: what they show over time is what was played, nothing on them is no number, and the
// page shows the files that are there.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparisonFigure } from './figures/comparison.ts';
import { film, quantile, shares } from './figures/film.ts';
import { ratesFigure } from './figures/rates.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Trial } from './trials.ts';

const BYTES_MAX = 60_000;
const TRIAL: Trial = { steady: 0.97, whole: 0.9, inFlight: 1.2, hostsOver: 0, metered: 0, recoveryS: 0 };

function texts(svg: string): string[] {
  return [...svg.matchAll(/>([^<>]+)<\/text>/g)].map((match) => match[1]!);
}

function assertSound(svg: string): void {
  expect(svg).not.toMatch(/NaN|undefined|Infinity|\[object/);
  expect(svg.length).toBeLessThan(BYTES_MAX);
  expect(svg.match(/<svg/g)!.length).toBe(svg.match(/<\/svg>/g)!.length);
}

describe('film', () => {
  it('has every limit of a run, from its first moment to its last', () => {
    const { limits, figures } = film('S6', 1);
    expect(limits[0]).toEqual({ s: 0, limit: 8 });
    expect(limits.at(-1)!.s).toBe(20);
    expect(Math.max(...limits.map(({ limit }) => limit))).toBeGreaterThan(32);
    expect(Math.max(...figures.run.inFlightMax)).toBe(Math.max(...limits.map(({ limit }) => limit)));
  });

  it('tells for what share of a stretch each limit held', () => {
    const shown = { ...film('S6', 1), limits: [0, 1, 4].map((s, i) => ({ s, limit: [10, 20, 20][i]! })) };
    const held = shares(shown, 0, 4);
    expect(held).toEqual([
      { limit: 10, share: 0.25 },
      { limit: 20, share: 0.75 },
    ]);
    expect([0.1, 0.25, 0.3, 1].map((share) => quantile(held, share))).toEqual([10, 10, 20, 20]);
    expect(shares(shown, 2, 4)).toEqual([{ limit: 20, share: 1 }]);
  });
});

describe('the pictures', () => {
  it('compare the laws: median, and what is too many in flight', () => {
    const bad = { ...TRIAL, steady: 0.5, inFlight: 4.3 };
    const trials = { auto: [TRIAL, TRIAL], AIMD: [bad, bad], Vegas: [TRIAL, bad], Gradient2: [bad, bad] };
    const svg = comparisonFigure(SCENARIOS.map((scenario) => ({ scenario, seeds: [1, 2], trials })));
    assertSound(svg);
    expect(texts(svg)).toEqual(expect.arrayContaining(['S9', 'AIMD', '97 %', '50 %', '4.3×']));
    expect(texts(svg).filter((text) => text === '97 %')).toHaveLength(2 * SCENARIOS.length);
    expect(texts(svg).filter((text) => text === '4.3×')).toHaveLength(3 * SCENARIOS.length);
  });

  it('count the 429s', () => {
    const { figures } = film('S3', 1);
    const metered = figures.run.metered.reduce((a, b) => a + b, 0);
    const svg = ratesFigure();
    assertSound(svg);
    expect(texts(svg)).toContain(`answered 429: ${metered} in all`);
  });

  it('are those that the page shows, and small', () => {
    const page = readFileSync('docs/adaptive.md', 'utf8');
    const shown = [...page.matchAll(/\]\(images\/(adaptive-[\w-]+\.svg)\)/g)].map((match) => match[1]!);
    expect(shown.sort()).toEqual(readdirSync('docs/images').filter((name) => name.startsWith('adaptive-')));
    for (const name of shown) assertSound(readFileSync(`docs/images/${name}`, 'utf8'));
  });
});
