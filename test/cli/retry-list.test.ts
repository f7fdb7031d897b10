// Which records a list means, and the list that a report proposes.

import { describe, expect, it } from 'vitest';
import { RetryList, worthRetrying } from '../../src/cli/retry-list.ts';
import { GROUPINGS, RecordReport } from '../../src/metrics/record-report.ts';
import type { RecordFacts } from '../../src/model/record-facts.ts';

function status(code: number): RecordFacts {
  return {
    ...{ index: 0, url: 'http://h/', method: 'GET', host: 'h', status: code, ms: 1, bytes: 0, attempts: 1 },
    error: undefined,
  };
}

function failure(name: string, code?: number): RecordFacts {
  const [phase, kind] = name.split('/') as [string, string];
  return {
    ...status(0),
    status: undefined,
    error: { phase, kind, message: '', sent: 'none', status: code },
  };
}

const RECORDS: Readonly<Record<string, RecordFacts>> = {
  200: status(200),
  304: status(304),
  404: status(404),
  429: status(429),
  502: status(502),
  504: status(504),
  'connect/timeout': failure('connect/timeout'),
  'connect/refused': failure('connect/refused'),
  'headers/timeout': failure('headers/timeout'),
  'body/unexpected 503': failure('body/unexpected', 503),
  'input/invalid': failure('input/invalid'),
};

describe('a list', () => {
  it.each([
    ['429', '429'],
    ['5xx', '502 504 body/unexpected 503'],
    ['502-503, 404', '404 502 body/unexpected 503'],
    ['timeout', 'connect/timeout headers/timeout'],
    ['connect', 'connect/timeout connect/refused'],
    ['connect/timeout', 'connect/timeout'],
    ['Timeout , 5XX', '502 504 connect/timeout headers/timeout body/unexpected 503'],
    ['refused|429', '429 connect/refused'],
    ['failed', 'connect/timeout connect/refused headers/timeout body/unexpected 503'],
    ['not-ok', '304 404 429 502 504 connect/timeout connect/refused headers/timeout body/unexpected 503'],
    ['invalid', 'input/invalid'],
    ['input', 'input/invalid'],
    ['failed,input', 'connect/timeout connect/refused headers/timeout body/unexpected 503 input/invalid'],
    ['certificate', ''],
  ])('%s', (text, meant) => {
    const list = RetryList.read(text);
    const found = Object.entries(RECORDS).filter(([, record]) => list.has(record));
    expect(found.map(([name]) => name).join(' ')).toBe(meant);
  });

  it.each([
    ['', 'an item is missing'],
    ['429,,5xx', 'an item is missing'],
    ['600x', 'no status "600x"'],
    ['504-502', 'the range 504-502 runs backwards'],
    ['timout', 'nothing is called "timout"; did you mean timeout?'],
    ['connect/timout', 'nothing is called "connect/timout"'],
    ['timeout/connect', 'nothing is called "timeout/connect"'],
    ['connect/timeout/x', 'nothing is called "connect/timeout/x"'],
    ['constructor', 'nothing is called "constructor"'],
  ])('refuses %j', (text, problem) => {
    expect(() => RetryList.read(text)).toThrow(`--only: ${problem}`);
  });
});

describe('what is worth retrying', () => {
  function listFor(...records: RecordFacts[]): string {
    const report = new RecordReport(new Set(GROUPINGS), 1);
    for (const record of records) report.add(record);
    return worthRetrying(report).join(',');
  }

  it('is what may be otherwise later, what is most frequent first', () => {
    const timeout = failure('headers/timeout');
    expect(listFor(failure('connect/refused'), timeout, timeout, failure('connect/timeout'))).toBe(
      'timeout,refused',
    );
    expect(listFor(status(503), status(429), status(200), failure('dns/not-found'))).toBe(
      'not-found,429,5xx',
    );
  });

  it('is nothing that stays as it is', () => {
    const lasting = ['input/invalid', 'tls/certificate', 'body/too-large', 'headers/protocol', 'x/y'];
    expect(listFor(status(404), status(301), ...lasting.map((name) => failure(name)))).toBe('');
  });

  it('can be read as a list', () => {
    for (const text of [listFor(status(500), status(429), failure('queue/host-down'))])
      expect(() => RetryList.read(text)).not.toThrow();
  });
});
