// A report as people read it, and as programs do.

import { describe, expect, it } from 'vitest';
import { GROUPINGS, type Grouping, RecordReport } from '../../src/metrics/record-report.ts';
import type { RecordFacts } from '../../src/model/record-facts.ts';
import {
  type FileReport,
  fileNotes,
  type ReportLook,
  recordReportJson,
  recordReportText,
} from '../../src/view/record-report.ts';
import { paintFor } from '../../src/view/terminal.ts';

const ALL: ReadonlySet<Grouping> = new Set(GROUPINGS);
const LOOK: ReportLook = { paint: paintFor(false), columns: 100, top: 10 };
const FILE: FileReport = {
  name: 'out.jsonl',
  records: 3,
  otherLines: 0,
  firstOther: undefined,
  torn: undefined,
};

function response(parts: Partial<RecordFacts> = {}): RecordFacts {
  const url = `http://h:80/${parts.index ?? 0}`;
  return {
    ...{ index: 0, url, method: 'GET', host: 'h:80', status: 200, ms: 1.5, bytes: 2048, attempts: 1 },
    ...{ error: undefined, ...parts },
  };
}

function failure(message = 'nobody there', parts: Partial<RecordFacts> = {}): RecordFacts {
  const error = { phase: 'connect', kind: 'refused', message, sent: 'none', status: undefined };
  return response({ status: undefined, error, attempts: 3, ...parts });
}

function of(records: readonly RecordFacts[], by = ALL) {
  const report = new RecordReport(by, 2);
  for (const record of records) report.add(record);
  return { report, by, files: [FILE], next: 'flurry retry out.jsonl --only refused' };
}

const SOME = [
  response(),
  response({ index: 1, status: 404, ms: 250, bytes: 0 }),
  response({ index: 2, host: 'other', method: 'POST' }),
  failure('nobody there', { index: 3 }),
];

describe('the text', () => {
  it('is a few tables', () => {
    expect(recordReportText(of(SOME), LOOK)).toBe(
      `4 records: 2 ok, 1 of other statuses, 1 failed; bodies 4.00 KiB
1 record of more than one attempt, 2 attempts beyond the first

  status  count  share      p50      p90      p99      max     bytes
  200         2  50.0%  1.50 ms  1.50 ms  1.50 ms  1.50 ms  4.00 KiB
  404         1  25.0%   250 ms   250 ms   250 ms   250 ms       0 B

  error            count  share  such as
  connect/refused      1  25.0%  http://h:80/3 nobody there

  host   count  ok  failed      p50      p99
  h:80       3   1       1  1.50 ms   250 ms
  other      1   1       0  1.50 ms  1.50 ms

  method  count  ok  failed      p50      p99
  GET         3   1       1  1.50 ms   250 ms
  POST        1   1       0  1.50 ms  1.50 ms

  slowest  status  index  url
  250 ms      404      1  http://h:80/1
  1.50 ms     200      0  http://h:80/0

next flurry retry out.jsonl --only refused
`,
    );
  });

  it('has no table of nothing, and none that is not asked for', () => {
    const text = recordReportText({ ...of([]), next: undefined }, LOOK);
    expect(text).toBe('0 records: 0 ok; bodies 0 B\n');
    const some = recordReportText(of(SOME, new Set<Grouping>(['error'])), LOOK);
    expect(some).not.toMatch(/^ {2}(?:status|host|method) /m);
    expect(some).toMatch(/^ {2}error /m);
  });

  it('shows the first rows of each table, and how much is left out', () => {
    const hosts = Array.from({ length: 5 }, (_, i) => response({ host: `h${i}`, status: 200 + i }));
    const text = recordReportText(of([...hosts, ...hosts, hosts[3]!]), { ...LOOK, top: 2 });
    expect(text).toMatch(/^ {2}h3 +3 .*\n {2}h0 +2 .*\n {2}and 3 others with 6 records$/m);
    expect(text).toMatch(/^ {2}200 +2 .*\n {2}203 +3 .*\n {2}and 3 others with 6 records$/m);
  });

  it('says that there are more hosts than anybody has counted', () => {
    const hosts = Array.from({ length: 1_002 }, (_, i) => response({ host: `h${i}` }));
    expect(recordReportText(of(hosts), LOOK)).toContain('  and more than 990 others with 992 records\n');
  });

  it('fits the terminal, and lets no control character through', () => {
    const long = failure(`\x1b[31m${'x'.repeat(300)}`, {
      url: `http://h/\n${'y'.repeat(20)}`,
      host: 'h\x07',
    });
    const text = recordReportText(of([long, response({ url: `http://h/${'z'.repeat(200)}` })]), {
      ...LOOK,
      columns: 70,
    });
    for (const line of text.split('\n').slice(0, -2)) expect(line.length).toBeLessThanOrEqual(70);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(text).toContain('…');
  });

  it('is coloured by status', () => {
    const text = recordReportText(of(SOME), { ...LOOK, paint: paintFor(true) });
    expect(text).toContain('\x1b[32m200   \x1b[39m');
    expect(text).toContain('\x1b[33m404   \x1b[39m');
    expect(text).toContain('\x1b[31mconnect/refused\x1b[39m');
  });
});

describe('what is no record', () => {
  it('is told by file', () => {
    expect(
      fileNotes([
        FILE,
        { ...FILE, otherLines: 1, firstOther: 17 },
        { ...FILE, otherLines: 1_234, firstOther: 5, torn: 'its last line is not whole' },
      ]),
    ).toEqual([
      'out.jsonl: 1 line is no record, the first is line 17',
      'out.jsonl: 1,234 lines are no records, the first is line 5',
      'out.jsonl breaks off behind 3 records: its last line is not whole',
    ]);
  });
});

describe('the object', () => {
  it('has the same, with keys that are always there', () => {
    const object = JSON.parse(recordReportJson(of(SOME), 1));
    const ms = (n: number) => ({ p50: n, p90: n, p99: n, max: n });
    expect(object).toEqual({
      ...{ records: 4, ok: 2, otherStatuses: 1, failed: 1, bytes: 4096 },
      latencyMs: { p50: expect.closeTo(1.5, 1), p90: 250, p99: 250, max: 250 },
      retries: { records: 1, attempts: 2 },
      statuses: [
        { status: 200, count: 2, share: 0.5, latencyMs: ms(1.5), bytes: 4096 },
        { status: 404, count: 1, share: 0.25, latencyMs: ms(250), bytes: 0 },
      ],
      errors: {
        list: [
          {
            ...{ phase: 'connect', kind: 'refused', count: 1, share: 0.25 },
            example: { url: 'http://h:80/3', message: 'nobody there' },
          },
        ],
        others: { records: 0 },
      },
      hosts: {
        list: [expect.objectContaining({ name: 'h:80', count: 3, ok: 1, failed: 1 })],
        others: { records: 1 },
      },
      methods: { list: [expect.objectContaining({ name: 'GET', count: 3 })], others: { records: 1 } },
      slowest: [
        { ms: 250, status: 404, index: 1, url: 'http://h:80/1' },
        { ms: 1.5, status: 200, index: 0, url: 'http://h:80/0' },
      ],
      files: [{ name: 'out.jsonl', records: 3, otherLines: 0, firstOther: null, torn: null }],
      next: 'flurry retry out.jsonl --only refused',
    });
  });

  it('has numbers also where there is no record', () => {
    const object = JSON.parse(recordReportJson({ ...of([]), next: undefined }, 10));
    expect(object).toMatchObject({ records: 0, latencyMs: { p50: 0, max: 0 }, statuses: [], next: null });
  });
});
