// What `npm run bench -- --docs` writes into docs/generations.md: the marked places and nothing else, and verdicts that
// follow from the numbers.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Finding {
  readonly what: string;
  readonly here?: string;
  readonly verdict?: string;
  readonly isDoubtful?: boolean;
}

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = resolve(ROOT, 'docs/generations.md');
const OUT = resolve(ROOT, 'bench/results');
const { rewriteStory, storyParts } = await import(resolve(ROOT, 'bench/generations/story.mjs'));
const { findingsOf } = await import(resolve(ROOT, 'bench/generations/findings.mjs'));

const PEERS = [
  'requests-loop',
  'requests-threads',
  'aiohttp-semaphore',
  'aiohttp-uvloop',
  'httpx-semaphore',
  'httpx-limits',
  'pycurl-multi',
  'fetch-loop',
  'flurry-library',
  'flurry-auto',
];

describe('the page', () => {
  it('is filled in its marked places, and again without a change', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flurry-story-'));
    try {
      const path = join(folder, 'generations.md');
      const before = readFileSync(PAGE, 'utf8');
      writeFileSync(path, before);
      expect(rewriteStory(report(), ['curve.svg'], OUT, path)).toBe(path);
      const once = readFileSync(path, 'utf8');
      expect(outside(once)).toBe(outside(before));
      expect(once).not.toContain('Not measured yet.');
      for (const part of Object.values(storyParts(report(), ['curve.svg'], 'x'))) expect(part).not.toBe('');
      expect(once).toContain('| title of requests-threads | ');
      expect(once).toMatch(/!\[The curve\]\(.*curve\.svg\)/);
      rewriteStory(report(), ['curve.svg'], OUT, path);
      expect(readFileSync(path, 'utf8')).toBe(once);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is left alone where a marker is missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flurry-story-'));
    try {
      const path = join(folder, 'generations.md');
      const text = readFileSync(PAGE, 'utf8').replace('<!-- bench: end findings -->', '');
      writeFileSync(path, text);
      expect(() => rewriteStory(report(), [], OUT, path)).toThrow(
        /needs a line <!-- bench: begin findings -->/,
      );
      expect(readFileSync(path, 'utf8')).toBe(text);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the parts', () => {
  it('hold times beside those of the seed, with the ratio to the loop', () => {
    const { rows } = storyParts(report(), [], 'x');
    const cells = line(rows, 'title of requests-threads');
    expect(cells).toEqual(['2', '3 ms, 8 ×', '—', '1 ms, 20 × \\*', '9.1 ms, 7.7 ×', '2 ms, 35 ×']);
    expect(rows).toContain('\\* It would have taken too long, and sent fewer.');
  });

  it('say of whom sent fewer what all would take, and name what a run of all codes took', () => {
    const parts = storyParts(report(), [], 'x');
    expect(line(parts['cost-2'], 'title of requests-threads')[0]).toBe('about 4 s (1,000 sent)');
    expect(parts['cost-4']).toMatch(
      /36⁴ = 1,679,616 requests, next door: title of flurry-library 17 s in 80 MiB\.$/,
    );
  });

  it('hold auto against the best of the curve', () => {
    const { curve } = storyParts(report(), [], 'x');
    expect(line(curve, 'title of aiohttp-semaphore')).toEqual([
      '3,000/s',
      '64',
      '64',
      '1,000/s at 4,096',
      '3',
    ]);
    expect(curve).toContain(
      "ended at 70 in flight. That is 95 % of flurry's best when told a size, over 4,000",
    );
  });

  it('say so where a run measured nothing', () => {
    const parts: Record<string, string> = storyParts(
      { ...report(), tables: [], curves: [], huge: undefined },
      [],
      'x',
    );
    expect(parts['curve']).toBe('The last run measured nothing of this.');
    expect(parts['cost-1']).toBe('The last run measured nothing of this.');
    expect(parts['findings']!.match(/not measured/g)).toHaveLength(10);
    expect(parts['findings']).toContain('0 of 0 hold');
  });
});

describe('the verdicts', () => {
  it('hold where the numbers are those of the seed', () => {
    const found: Finding[] = findingsOf(report());
    expect(found.map(({ verdict }) => verdict)).toEqual([
      'holds',
      'holds',
      'holds',
      'holds',
      'holds',
      'holds',
      'holds',
      'holds',
      'holds',
      'differs: there is now',
    ]);
    expect(found.some(({ isDoubtful }) => isDoubtful)).toBe(false);
  });

  it.each([
    [
      'threads over the loop',
      { 'seed-40': { 'requests-threads': 1 } },
      '24 ×',
      'differs: more, 3.1 times as much',
    ],
    ['threads over the loop', { 'seed-40': { 'requests-threads': 8 } }, '3 ×', 'differs: less, 0.43 of it'],
    ['httpx against', { 'seed-4000': { 'httpx-limits': 0.1 } }, '4 × and 0.5 ×', 'differs: faster here'],
    [
      'httpx against',
      { 'seed-4000': { 'httpx-limits': 0.21 } },
      '4 × and 1 ×',
      'differs: about the same here',
    ],
    ['pycurl against', { 'seed-4000': { 'pycurl-multi': 0.1 } }, '0.5 ×', 'differs: faster here'],
    ['uvloop over', { 'seed-4000': { 'aiohttp-uvloop': 0.1 } }, '2 ×', 'differs: much faster'],
    ['uvloop over', { 'seed-4000': { 'aiohttp-uvloop': 0.4 } }, '0.5 ×', 'holds, and more: it is slower'],
    ['flurry over', { 'seed-4000': { 'flurry-library': 0.4 } }, '0.5 ×', 'holds: flurry is slower'],
    ['flurry over', { 'seed-4000': { 'flurry-library': 0.2 } }, '1 ×', 'holds: about the same'],
  ])('%s: %j', (what, changes, here, verdict) => {
    expect(finding(report({ ms: changes }), what)).toMatchObject({ here, verdict });
  });

  it.each([
    [{ 16: 900, 64: 3_000, 512: 1_000 }, 'holds'],
    [
      { 16: 900, 64: 2_900, 512: 3_000 },
      'differs little: the best is more, and what the seed took reaches 90 % of it',
    ],
    [{ 16: 900, 64: 2_000, 512: 3_000 }, 'differs: more is better here'],
    [{ 16: 900, 64: 500, 512: 300 }, 'differs: fewer are better here'],
  ])('the best size: %j', (aiohttp, verdict) => {
    expect(finding(report({ aiohttp }), 'the best size')).toMatchObject({ verdict });
  });

  it('4,000 at once are held against the best, and need a point there', () => {
    const at = (perSecond: number) =>
      finding(report({ aiohttp: { 16: 900, 64: 3_000, 4096: perSecond } }), '4,000 at once');
    expect(at(2_900)).toMatchObject({ here: '1 ×', verdict: 'differs: less, 0.37 of it' });
    expect(at(300)).toMatchObject({ here: '10 ×', verdict: 'differs: more, 3.3 times as much' });
    expect(finding(report({ aiohttp: { 16: 900, 64: 3_000 } }), '4,000 at once').verdict).toBeUndefined();
  });

  it.each([
    [[0.2, 0.4], [0.2, 0.22], 5, 'holds'],
    [[0.2, 0.4], [0.2, 0.4], 5, 'differs: as steady'],
    [[0.2, 0.22], [0.2, 0.4], 5, 'differs: less steady'],
    [[0.2, 0.203], [0.2, 0.201], 5, 'differs: both are steady'],
    [[0.2, 0.4], [0.2, 0.22], 2, 'not told by 2 rounds'],
  ])('steadiness: %j without, %j with uvloop, %i rounds', (plain, uvloop, rounds, verdict) => {
    const spreads = { 'aiohttp-semaphore': plain, 'aiohttp-uvloop': uvloop };
    expect(finding(report({ spreads, rounds }), 'the slowest round')).toMatchObject({ verdict });
  });

  it('are in doubt where a row is', () => {
    const { tables, ...rest } = report();
    const doubted = tables.map((table) => ({
      ...table,
      rows: table.rows.map((row) =>
        row.name === 'pycurl-multi' ? { ...row, doubt: { by: ['machine'] } } : row,
      ),
    }));
    const found: Finding[] = findingsOf({ ...rest, tables: doubted });
    expect(found.filter(({ isDoubtful }) => isDoubtful).map(({ what }) => what)).toEqual([
      'pycurl against aiohttp: time, 4,000 requests',
    ]);
    expect(storyParts({ ...rest, tables: doubted }, [], 'x').findings).toContain('2 × ‡');
  });
});

type Changes = Readonly<Record<string, Readonly<Record<string, number>>>>;

interface Settings {
  /** ms per request by table and peer, in place of the seed's. */
  readonly ms?: Changes;
  /** Goodput of aiohttp by size. */
  readonly aiohttp?: Readonly<Record<number, number>>;
  readonly spreads?: Readonly<Record<string, readonly number[]>>;
  readonly rounds?: number;
}

/** About what the seed found, as results.json has it. */
function report({ ms = {}, aiohttp, spreads = {}, rounds = 5 }: Settings = {}) {
  const table = (name: string, requests: number, times: Readonly<Record<string, number>>) => ({
    name,
    requests,
    rows: Object.entries({ ...times, ...ms[name] }).map(([peer, median]) => {
      const [min, max] = spreads[peer] ?? [median, peer === 'aiohttp-semaphore' ? 2 * median : median * 1.1];
      const sent = peer === 'requests-threads' ? Math.min(requests, 1_000) : requests;
      const spread = { min, median, max };
      return {
        name: peer,
        title: `title of ${peer}`,
        requests: sent,
        rounds,
        msPerRequest: spread,
        ms: spread,
      };
    }),
  });
  const huge = { ...table('huge', 36 ** 4, { 'flurry-library': 0.01 }) };
  huge.rows[0] = Object.assign(huge.rows[0]!, {
    ms: { min: 17_000, median: 17_000, max: 17_000 },
    peakRssBytes: { median: 80 * 1024 ** 2 },
  });
  return {
    machine: {
      cpu: '2 × this',
      memoryGiB: 4,
      system: 'that',
      node: 'v20',
      date: '2026-01-01T',
      load: 0,
      busy: false,
    },
    server: 'nginx',
    mode: 'full',
    missing: [],
    peers: PEERS.map((name) => ({
      name,
      title: `title of ${name}`,
      language: '',
      flurry: name.startsWith('flurry'),
      floor: false,
      sized: !/loop$|auto/.test(name) || name === 'aiohttp-uvloop',
    })),
    tables: [
      table('seed-40', 40, { 'requests-loop': 24, 'requests-threads': 3, 'aiohttp-semaphore': 1.2 }),
      table('seed-4000', 4_000, {
        'requests-loop': 20,
        'requests-threads': 1,
        'aiohttp-semaphore': 0.2,
        'aiohttp-uvloop': 0.19,
        'httpx-semaphore': 0.8,
        'httpx-limits': 0.9,
        'pycurl-multi': 0.4,
        'flurry-library': 0.05,
      }),
    ],
    huge,
    curves: [
      {
        name: 'curve',
        title: 'The curve',
        results: [
          ...points('aiohttp-semaphore', aiohttp ?? { 16: 900, 64: 3_000, 4096: 1_000 }),
          ...points('flurry-library', { 64: 4_000, 4096: 3_900 }),
          ...points('flurry-auto', { 70: 3_800 }),
        ],
      },
    ],
  };
}

function points(peer: string, rates: Readonly<Record<number, number>>) {
  return Object.entries(rates).map(([size, perSecond]) => ({
    peer,
    concurrency: Number(size),
    perSecond,
    requests: 4_000,
    errors: 0,
    shares: { reasons: [] },
  }));
}

function finding(from: unknown, what: string): Finding {
  return (findingsOf(from) as Finding[]).find((one) => one.what.startsWith(what))!;
}

/** The cells of a row behind its first. */
function line(text: string, title: string): string[] {
  const row = text.split('\n').find((one) => one.startsWith(`| ${title} `))!;
  return row
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

function outside(page: string): string {
  return page.replace(/(<!-- bench: begin ([\w-]+) -->).*?(<!-- bench: end \2 -->)/gs, '$1$3');
}
