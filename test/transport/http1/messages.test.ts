// What belongs to which request, what ends a message early, and what a head says about the connection: RFC 9112
// sections 9.2, 9.3 and 9.6.

import { describe, expect, it } from 'vitest';
import { HeadParser } from '../../../src/transport/http1/head-parser.ts';
import { ResponseParser } from '../../../src/transport/http1/response-parser.ts';
import { tooLarge } from '../../../src/transport/response-limits.ts';
import { everyByte, expectSame, LIMITS, latin1, observeAll, observeRun } from './observe.ts';

const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const NEXT = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

function response(lines: string, content = '', start = 'HTTP/1.1 200 OK'): string {
  return `${start}\r\n${lines}\r\n${content}`;
}

describe('content that is refused', () => {
  it.each([
    ['length', 'Content-Length: 3\r\n', 'abc'],
    ['chunked', CHUNKED, '3\r\nabc\r\n0\r\n\r\n'],
    ['close', '', 'abc'],
  ])('ends the message with that fault in %s mode, also at its last octet', (_mode, lines, content) => {
    const octets = latin1(response(lines, content));
    for (let refused = 1; refused <= 3; refused++) {
      const fault = tooLarge('a body', refused, 'test');
      const told: string[] = [];
      let taken = 0;
      const parser = new ResponseParser(LIMITS, new HeadParser(LIMITS), {
        onInterim: () => told.push('interim'),
        onHead: () => told.push('head'),
        onContent: (_b, start, end) => {
          taken += end - start;
          return taken === refused ? fault : undefined;
        },
        onMessage: () => told.push('message'),
      });
      parser.begin('GET');
      for (let i = 0; i < octets.length; i++) parser.execute(octets, i, i + 1);
      expect([parser.state, parser.fault, parser.finish(), told]).toEqual(['faulty', fault, false, ['head']]);
    }
  });
});

describe('22 and 23: what belongs to which request', () => {
  it('is told message by message, and what follows the last answer is left', () => {
    const answers = [
      'HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none',
      'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\ntwo\r\n0\r\nT: 1\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n',
    ];
    const methods = ['GET', 'HEAD', 'GET', 'GET', 'GET'];
    const stream = `${answers.join('')}HTTP/1.1 200 OK\r\n\r\n`;
    const ends = answers.map((_, i) => answers.slice(0, i + 1).join('').length);
    const whole = observeRun(stream, [], methods);
    expect(whole.map((one) => [one.statuses, one.body, one.trailers, one.end])).toEqual([
      [[103, 200], 'one', '', ends[0]],
      [[200], '', '', ends[1]],
      [[200], 'two', 'T: 1\r\n\r\n', ends[2]],
      [[304], '', '', ends[3]],
      [[200], 'four', '', ends[4]],
    ]);
    expectSame(observeRun(stream, everyByte(stream.length), methods), whole, 'byte by byte');
    for (let cut = 1; cut < stream.length; cut++) {
      expectSame(observeRun(stream, [cut], methods), whole, `cut at ${cut}`);
    }
  });

  it('has started with its first octet, and no sooner', () => {
    const events = { onInterim() {}, onHead() {}, onContent: () => undefined, onMessage() {} };
    const parser = new ResponseParser(LIMITS, new HeadParser(LIMITS), events);
    const octets = latin1(`HTTP/1.1 100 C\r\n\r\n${NEXT}`);
    parser.begin('GET');
    const started = [parser.started];
    for (let i = 0; i < octets.length; i++) {
      parser.execute(octets, i, i + 1);
      started.push(parser.started);
    }
    expect(started.indexOf(true)).toBe(1);
    expect(started.lastIndexOf(false)).toBe(0);
    parser.begin('GET');
    expect(parser.started).toBe(false);
  });

  it('is nothing before it is asked for: a parser that waits for no message takes no octet', () => {
    const seen = observeRun(`${NEXT}${NEXT}`, [], ['GET']);
    expect(seen).toMatchObject([{ end: NEXT.length, body: 'hi' }]);
  });
});

describe('24 and 26: what the head says about another request on the connection', () => {
  it.each([
    ['1.1', '', true],
    ['1.1', 'Connection: keep-alive\r\n', true],
    ['1.1', 'Connection: close\r\n', false],
    ['1.1', 'connection: CLOSE\r\n', false],
    ['1.1', 'Connection: upgrade, Close\r\n', false],
    ['1.1', 'Connection: upgrade\r\nConnection: close\r\n', false],
    ['1.1', 'Connection: close, keep-alive\r\n', false],
    ['1.1', 'Connection:\r\n\tclose\r\n', false],
    ['1.1', 'Connection: x-close, closed, clos\r\n', true],
    ['1.1', 'Connection: keep-alive\xa0, \x0bclose\r\n', true],
    ['1.1', 'Xonnection: close\r\n', true],
    ['1.2', '', true],
    ['1.0', '', false],
    ['1.0', 'Connection: keep-alive\r\n', true],
    ['1.0', 'Connection: x, Keep-Alive\r\n', true],
    ['1.0', 'Connection: keep-alive, close\r\n', false],
    ['1.0', 'Connection: keep-alives\r\n', false],
    ['1.0', 'Keep-Alive: timeout=5\r\n', false],
  ])('HTTP/%s with %j: %j', (version, lines, keepAlive) => {
    const seen = observeAll(response(`${lines}Content-Length: 2\r\n`, 'hi', `HTTP/${version} 200 OK`));
    expect(seen).toMatchObject({ body: 'hi', framing: { keepAlive } });
  });

  it.each([
    ['timeout=5', 5000],
    ['timeout=5, max=100', 5000],
    ['max=100,timeout=5', 5000],
    ['Timeout = "15"', 15_000],
    ['timeout=0', 0],
    ['max=100', undefined],
    ['timeout=-5', undefined],
    ['xtimeout=5', undefined],
    ['timeout=', undefined],
    ['', undefined],
  ])('Keep-Alive: %s is %j ms', (value, keepAliveMs) => {
    const seen = observeAll(response(`Keep-Alive: ${value}\r\nContent-Length: 0\r\n`));
    expect(seen.framing?.keepAliveMs).toBe(keepAliveMs);
  });
});
