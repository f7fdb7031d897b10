import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/metrics/snapshot.ts';
import { frameLines } from '../../src/view/frame.ts';
import { Progress } from '../../src/view/progress.ts';
import { type Environment, paintFor } from '../../src/view/terminal.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

const running: Snapshot = {
  requests: 2080,
  responses: 2044,
  failures: 36,
  filtered: 0,
  statuses: { '200': 2029, '404': 12, '503': 3 },
  errors: { 'connect/refused': 30, 'headers/timeout': 4, 'body/reset': 1, 'dns/not-found': 1 },
  bytes: 137_280,
  wallMs: 125,
  rps: 16_352,
  cpuUsPerRequest: 12.3,
  latencyMs: { p50: 2.512, p90: 4.02, p99: 11.23, max: 23.4 },
  concurrency: { mode: 'fixed', final: 60, max: 60 },
  http: { versions: { '1.1': 1 }, connections: 60, streamsMax: 0 },
  retries: 0,
  peakRssBytes: 85_000_000,
  verdict: { bound: 'unknown', share: 0, text: 'too short to tell' },
  expected: 4000,
  inFlight: 60,
  queued: 0,
};
const smooth: Snapshot = { ...running, responses: 2080, failures: 0, statuses: { '200': 2080 }, errors: {} };

interface Set {
  columns?: number | undefined;
  isTTY?: boolean;
  env?: Environment;
}

/** A progress over a snapshot whose time is the clock's. */
function start(set: Set, snapshot: (atMs: number) => Snapshot) {
  const clock = new VirtualClock();
  const output = {
    columns: set.columns,
    isTTY: set.isTTY ?? true,
    written: [] as string[],
    write(text: string): void {
      this.written.push(text);
    },
  };
  const progress = new Progress({
    output,
    clock,
    env: set.env ?? { NO_COLOR: '1' },
    snapshot: () => ({ ...snapshot(clock.now()), wallMs: clock.now() }),
  });
  progress.start();
  return { clock, output, progress };
}

const HIDE = '\x1b[?25l';
const SHOW = '\x1b[?25h';
const frame = (lines: readonly string[]) => `${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`;

describe('Progress on a terminal', () => {
  it('draws the whole frame at 80 columns', () => {
    const { clock, output } = start({ columns: 80 }, () => running);
    clock.advance(125);
    expect(output.written).toEqual([
      HIDE +
        frame([
          '━━━━━━━━━━━━━━━━━━━━────────────────────   52.0%  2,080/4,000  ETA 1 s',
          '16,600/s now  16,600/s average  60 in flight  p50 2.51 ms  p99 11.2 ms',
          'statuses  404 12  503 3',
          '36 failures  connect/refused 30  headers/timeout 4  body/reset 1  …',
        ]),
    ]);
  });

  it('draws what fits at 40 columns, the most important first', () => {
    const { clock, output } = start({ columns: 40 }, () => running);
    clock.advance(125);
    expect(output.written).toEqual([
      HIDE +
        frame([
          '━━───   52.0%  2,080/4,000  ETA 1 s',
          '16,600/s now  60 in flight  p50 2.51 ms',
          'statuses  404 12  503 3',
          '36 failures  connect/refused 30  …',
        ]),
    ]);
  });

  it('draws two lines while all goes well, and over the frame before', () => {
    const { clock, output } = start({ columns: 80 }, () => smooth);
    clock.advance(250);
    expect(output.written).toEqual([
      HIDE +
        frame([
          '━━━━━━━━━━━━━━━━━━━━────────────────────   52.0%  2,080/4,000  ETA 1 s',
          '16,600/s now  16,600/s average  60 in flight  p50 2.51 ms  p99 11.2 ms',
        ]),
      '\x1b[2A\r' +
        frame([
          '━━━━━━━━━━━━━━━━━━━━────────────────────   52.0%  2,080/4,000  ETA 1 s',
          '8,320/s now  8,320/s average  60 in flight  p50 2.51 ms  p99 11.2 ms',
        ]),
    ]);
  });

  it('tells what binds it, as much of it as there is room for', () => {
    const text = 'your -c 60: full 97% of the time; more may be faster, flurry tune finds out';
    const bound = { ...smooth, verdict: { bound: 'concurrency', share: 0.97, text } } as const;
    const lineAt = (columns: number) => frameLines(bound, 1, columns, paintFor(false))[2];
    expect(lineAt(100)).toBe(`bound by  ${text}`);
    expect(lineAt(80)).toBe('bound by  your -c 60: full 97% of the time; more may be faster');
    expect(lineAt(60)).toBe('bound by  your -c 60: full 97% of the time');
    expect(lineAt(30)).toBe('bound by  your -c 60');
    expect(lineAt(20)).toBeUndefined();
    const { clock, output } = start({ columns: 80, isTTY: false }, () => bound);
    clock.advance(10_000);
    expect(output.written.join()).toMatch(
      /, bound by your -c 60: full 97% of the time; more may be faster\n$/,
    );
  });

  it('leaves one line and the cursor as they should be', () => {
    const { clock, output, progress } = start({ columns: 80 }, (atMs) =>
      atMs < 200 ? running : { ...smooth, requests: 4000, inFlight: 0 },
    );
    clock.advance(200);
    output.written.length = 0;
    progress.stop();
    expect(output.written).toEqual([
      `\x1b[4A\r${frame(['━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  100.0%  4,000/4,000'])}`,
      SHOW,
    ]);
    progress.stop();
    clock.advance(60_000);
    expect(output.written).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('writes nothing at all for a run that is over before the first frame', () => {
    const { clock, output, progress } = start({ columns: 80 }, () => smooth);
    clock.advance(124);
    progress.stop();
    expect(output.written).toEqual([]);
  });

  it('shows no bar and no end where the number of requests is not known', () => {
    const { clock, output, progress } = start({ columns: 80 }, () => ({ ...smooth, expected: undefined }));
    clock.advance(125);
    progress.stop();
    expect(output.written).toEqual([
      HIDE +
        frame([
          '2,080 done  125 ms',
          '16,600/s now  16,600/s average  60 in flight  p50 2.51 ms  p99 11.2 ms',
        ]),
      `\x1b[2A\r${frame(['2,080 done  125 ms'])}`,
      SHOW,
    ]);
  });

  it('shows no latency before the first response and no ETA while nothing moves', () => {
    const nothing = { ...smooth, requests: 0, responses: 0, statuses: {} };
    const { clock, output } = start({ columns: 80 }, () => nothing);
    clock.advance(125);
    expect(output.written).toEqual([
      HIDE +
        frame([
          '────────────────────────────────────────    0.0%      0/4,000',
          '0.00/s now  0.00/s average  60 in flight',
        ]),
    ]);
  });

  it('takes the ETA from the last two seconds, not from the average', () => {
    const stalling = (atMs: number) => ({
      ...smooth,
      requests: Math.min(2000, atMs) + Math.max(0, atMs - 2000) / 20,
    });
    const { clock, output } = start({ columns: 80 }, stalling);
    clock.advance(4000);
    expect(output.written.at(-1)).toContain('2,100/4,000  ETA 38 s');
    expect(output.written.at(-1)).toContain('50.0/s now  525/s average');
  });

  it('starts once, and not again when it was stopped', () => {
    const { clock, output, progress } = start({ columns: 80 }, () => smooth);
    progress.start();
    clock.advance(125);
    expect(output.written).toHaveLength(1);
    progress.stop();
    progress.start();
    expect(clock.pending).toBe(0);
  });

  it('draws eight times a second, however many requests there are', () => {
    const { clock, output } = start({ columns: 80 }, (atMs) => ({ ...smooth, requests: atMs * 100 }));
    clock.advance(10_000);
    expect(output.written).toHaveLength(80);
  });

  it('writes a line for people above the frame', () => {
    const { clock, output, progress } = start({ columns: 80 }, () => smooth);
    clock.advance(125);
    output.written.length = 0;
    progress.print('request 7 failed');
    progress.print('request 8 failed');
    clock.advance(125);
    expect(output.written.slice(0, 3)).toEqual([
      '\x1b[2A\r\x1b[J',
      'request 7 failed\n',
      'request 8 failed\n',
    ]);
    expect(output.written[3]).toMatch(/^━/);
  });

  it('colours the bar and what went wrong', () => {
    const { clock, output } = start({ columns: 80, env: {} }, () => running);
    clock.advance(125);
    const [bar, , statuses, failures] = output.written[0]!.split('\n');
    expect(bar).toBe(
      `${HIDE}\x1b[36m${'━'.repeat(20)}\x1b[39m\x1b[2m${'─'.repeat(20)}\x1b[22m   52.0%  2,080/4,000  ETA 1 s\x1b[K`,
    );
    expect(statuses).toBe('\x1b[2mstatuses\x1b[22m  \x1b[33m404 12\x1b[39m  \x1b[31m503 3\x1b[39m\x1b[K');
    expect(failures).toContain('\x1b[31mconnect/refused 30\x1b[39m');
  });

  it('prints as one line', () => {
    const { progress } = start({ columns: 80 }, () => smooth);
    expect(String(progress)).toBe('progress going in place');
    progress.stop();
    expect(String(progress)).toBe('progress stopped in place');
  });
});

describe('Progress elsewhere', () => {
  const line =
    '10.0 s: 2,080 of 4,000 (52.0%), 208/s now, 208/s average, 60 in flight, p50 2.51 ms, p99 11.2 ms, ETA 10 s, ' +
    '36 failures (connect/refused 30, headers/timeout 4, body/reset 1), statuses 404 12, 503 3\n';

  it.each<[string, Set]>([
    ['into a file', { isTTY: false, env: {} }],
    ['into a file with FORCE_COLOR', { isTTY: false, env: { FORCE_COLOR: '1' } }],
    ['on a dumb terminal', { env: { TERM: 'dumb' } }],
    ['in CI', { env: { CI: 'true', TERM: 'xterm' } }],
  ])('writes a plain line every ten seconds %s', (_, set) => {
    const { clock, output, progress } = start(set, () => running);
    clock.advance(9_999);
    expect(output.written).toEqual([]);
    clock.advance(1);
    expect(output.written).toEqual([line]);
    clock.advance(20_000);
    expect(output.written).toHaveLength(3);
    progress.print('request 7 failed');
    progress.stop();
    clock.advance(60_000);
    expect(output.written.slice(3)).toEqual(['request 7 failed\n']);
    expect(output.written.join('')).not.toContain('\x1b');
  });

  it('measures the rate since the line before', () => {
    const { clock, output } = start({ isTTY: false }, (atMs) => ({
      ...smooth,
      requests: atMs <= 10_000 ? atMs / 10 : 1000 + (atMs - 10_000) / 100,
    }));
    clock.advance(20_000);
    expect(output.written[1]).toBe(
      '20.0 s: 1,100 of 4,000 (27.5%), 10.0/s now, 55.0/s average, 60 in flight, p50 2.51 ms, p99 11.2 ms, ETA 4m 50s\n',
    );
  });

  it('says how many are done where the number of requests is not known', () => {
    const { clock, output } = start({ isTTY: false }, () => ({ ...smooth, expected: undefined }));
    clock.advance(10_000);
    expect(output.written).toEqual([
      '10.0 s: 2,080 done, 208/s now, 208/s average, 60 in flight, p50 2.51 ms, p99 11.2 ms\n',
    ]);
  });
});

describe('a frame', () => {
  const counts = fc.integer({ min: 0, max: 3_000_000_000 });
  const names = fc.constantFrom(
    'connect/refused',
    'headers/timeout',
    'dns/not-found',
    'tls/certificate',
    'body/closed',
  );
  const any = fc.record({
    requests: counts,
    expected: fc.option(counts, { nil: undefined }),
    responses: counts,
    failures: counts,
    inFlight: counts,
    wallMs: fc.double({ min: 0, max: 1e10, noNaN: true }),
    statuses: fc.dictionary(fc.integer({ min: 100, max: 599 }).map(String), counts),
    errors: fc.dictionary(names, counts),
  });

  it('has two to four lines and is never as wide as the terminal, whatever the numbers', () => {
    const rates = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(any, rates, fc.integer({ min: 2, max: 200 }), (numbers, rate, columns) => {
        const plain = frameLines({ ...running, ...numbers }, rate, columns, paintFor(false));
        expect(plain.length).toBeGreaterThanOrEqual(2);
        expect(plain.length).toBeLessThanOrEqual(4);
        for (const text of plain) expect(text.length).toBeLessThan(columns);
        const painted = frameLines({ ...running, ...numbers }, rate, columns, paintFor(true));
        expect(painted.map((text) => text.replace(/\x1b\[\d+m/g, ''))).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  });

  it('drops whole figures where the terminal is narrow, not halves of them', () => {
    const speedAt = (columns: number) => frameLines(smooth, 16_600, columns, paintFor(false))[1];
    expect(speedAt(39)).toBe('16,600/s now  60 in flight');
    expect(speedAt(20)).toBe('16,600/s now');
  });

  it('gives the bar up for a long ETA', () => {
    const slow = 1920 / (86_400 * 9000);
    expect(frameLines(smooth, slow, 40, paintFor(false))[0]).toBe(' 52.0%  2,080/4,000  ETA 9,000 days');
  });

  it('fills the bar only when all is done', () => {
    const barAt = (requests: number) =>
      frameLines({ ...smooth, requests }, 1, 80, paintFor(false))[0]!.split(' ')[0];
    expect(barAt(3999)).toBe(`${'━'.repeat(39)}─`);
    expect(barAt(4000)).toBe('━'.repeat(40));
  });
});
