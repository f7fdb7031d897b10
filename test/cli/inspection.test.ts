// Expectations, filters and extraction as a user types them: what is recorded, counted and said.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTarget, type Target } from '../../src/target/index.ts';
import { temporaryFolder } from './folder.ts';
import { flurry } from './in-process.ts';

const folder = temporaryFolder();
let target: Target;
let url = '';

beforeAll(async () => {
  target = await startTarget();
  url = target.url;
});

afterAll(() => target.close());

/** With the records in the order of the input, and the summary. */
async function run(argv: readonly string[]) {
  const paths = ['-o', folder.at('out.jsonl'), '--summary', folder.at('summary.json')];
  const { code, stderr } = await flurry(['-q', ...argv, ...paths]);
  const records = folder.records('out.jsonl').sort((a, b) => Number(a['index']) - Number(b['index']));
  return { code, stderr, records, summary: JSON.parse(folder.read('summary.json')) };
}

describe('--fail-on', () => {
  it('makes failures of responses, which --check-status sees', async () => {
    const { code, stderr, records, summary } = await run([
      `${url}/status/{200,429,503}`,
      ...['--fail-on', '5xx', '--fail-on', 'status=429', '--check-status'],
    ]);
    expect(records.map((record) => record['status'])).toEqual([200, undefined, undefined]);
    expect(records[2]!['error']).toEqual({
      phase: 'body',
      kind: 'unexpected',
      message: 'status 503 meets the condition 5xx',
      sent: 'response',
      status: 503,
    });
    expect(summary).toMatchObject({ requests: 3, responses: 1, failures: 2 });
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('2 of 3 requests failed') });
  });

  it('looks at bodies and header fields', async () => {
    const { records } = await run([
      `${url}/todos/[1-3]`,
      ...['--fail-on', 'body~"id":2\\b', '--fail-on', '!header:Content-Type'],
    ]);
    expect(records.map((record) => 'error' in record)).toEqual([false, true, false]);
  });
});

describe('filters', () => {
  it('leave no record of what does not pass, which is counted all the same', async () => {
    const { code, stderr, records, summary } = await run([
      `${url}/status/{200,404,503}`,
      ...['--match-status', '200,5xx', '--filter-status', '503'],
    ]);
    expect(records.map((record) => record['index'])).toEqual([0]);
    expect(summary).toMatchObject({ requests: 3, responses: 3, failures: 0, filtered: 2 });
    expect(summary.statuses).toMatchObject({ 200: 1, 404: 1, 503: 1 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('go by body and size, and never drop a failure', async () => {
    const { records } = await run([
      ...[`${url}/bytes/{10,20}`, `${url}/todos/7`, 'http://127.0.0.1:1/'],
      ...['--match-size', '20,30-1k', '--filter', '"id":8'],
    ]);
    expect(records.map((record) => record['bytes'] ?? 'failure')).toEqual([
      20,
      expect.any(Number),
      'failure',
    ]);
    const other = await run([`${url}/todos/[1-12]`, '--match', '"id":1\\d*\\b']);
    expect(other.records.map((record) => record['index'])).toEqual([0, 9, 10, 11]);
  });
});

describe('--extract', () => {
  const fields = [
    ...['--extract', 'id=/id', '--extract', 'every=$[*]', '--extract', 'type=header:Content-Type'],
    ...['--extract', 'digits=regex*:\\d', '--extract', 'none=/nothing'],
  ];

  it('puts fields into records, in their order', async () => {
    const { records } = await run([`${url}/todos/12`, '--body', 'none', ...fields]);
    const extracted = records[0]!['extracted'] as Record<string, unknown>;
    expect(Object.keys(extracted)).toEqual(['id', 'every', 'type', 'digits', 'none']);
    expect(extracted).toMatchObject({
      id: 12,
      every: expect.arrayContaining([12]),
      type: expect.stringContaining('application/json'),
      digits: expect.arrayContaining(['1', '2']),
      none: null,
    });
  });

  it('makes columns of CSV', async () => {
    const { code } = await flurry([
      '-q',
      `${url}/todos/12`,
      '--body',
      'none',
      '-o',
      folder.at('out.csv'),
      ...fields,
    ]);
    expect(code).toBe(0);
    const [head, row] = folder.read('out.csv').split('\n');
    expect(head).toMatch(/,extracted_id,extracted_every,extracted_type,extracted_digits,extracted_none$/);
    expect(row).toMatch(/,12,"\[.*\]",application\/json.*,$/);
  });

  it('sees what was decoded', async () => {
    const { records } = await run([
      `${url}/gzip`,
      '--compressed',
      '--extract',
      'all=$',
      '--fail-on',
      'body!~[{]',
    ]);
    expect((records[0]!['extracted'] as { all: unknown }).all).toEqual(expect.any(Object));
  });
});

it.each([
  [['--fail-on', '5yy'], 'no status "5yy" at character 1 of "5yy"; write statuses as 200, 3xx or 500-599'],
  [['--match', '('], 'no regular expression (Unterminated group)'],
  [['--filter-size', '1-'], 'a size is missing at character 3 of "1-"'],
  [['--extract', 'id'], 'write name=expression, such as id=/data/id'],
])('%j is a mistake in usage, told before anything is sent', async (words, problem) => {
  const { code, stderr } = await flurry([`${url}/status/200`, ...words]);
  expect(code).toBe(2);
  expect(stderr).toContain(problem);
});
