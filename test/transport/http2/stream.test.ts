// One place for one request after the other: what each has of its response, and that nothing is left for the next one.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentControl } from '../../../src/model/contracts.ts';
import { resolveOptions } from '../../../src/model/options.ts';
import { REUSED } from '../../../src/model/outcome.ts';
import { ResponseHead } from '../../../src/model/response-head.ts';
import { Stream } from '../../../src/transport/http2/stream.ts';
import { makeRequest } from '../fixture.ts';
import { Taker } from './fixture.ts';

const SETTINGS = resolveOptions({});
const GARBAGE = 0x58;

function headOf(status: number, contentLength?: number, lines = ''): ResponseHead {
  const framing = {
    contentLength,
    transferEncoding: 'none',
    keepAlive: true,
    keepAliveMs: undefined,
  } as const;
  return new ResponseHead(status, '2', '', lines, framing);
}

/** A place that a request has taken. */
function begun(method = 'GET', stream = new Stream(SETTINGS)) {
  const request = makeRequest({ url: 'http://host/', method });
  stream.begin(1, request, REUSED, undefined);
  return { stream, request };
}

/** Content in a buffer that holds something else afterwards, as one that all reads share. */
function give(stream: Stream, content: string, last = false) {
  const shared = Buffer.from(`..${content}..`, 'latin1');
  const fault = stream.onContent(shared, 2, shared.length - 2, last);
  shared.fill(GARBAGE);
  return fault;
}

const anyExchange = fc.record({
  status: fc.constantFrom(200, 204, 304, 404, 500),
  method: fc.constantFrom('GET', 'HEAD', 'POST'),
  pieces: fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 2000 }), { maxLength: 5 }),
  length: fc.constantFrom('none', 'right', 'more', 'less'),
  trailers: fc.constantFrom('', 'a: 1\r\n'),
  isCut: fc.boolean(),
});

describe('a place for streams', () => {
  it('has of each request its own response, whatever came of the one before', () => {
    fc.assert(
      fc.property(fc.array(anyExchange, { minLength: 1, maxLength: 6 }), (exchanges) => {
        const stream = new Stream(SETTINGS);
        for (const { status, method, pieces, length, trailers, isCut } of exchanges) {
          const { request } = begun(method, stream);
          const bytes = pieces.join('').length;
          const promised = { none: undefined, right: bytes, more: bytes + 1, less: bytes - 1 }[length];
          const hasNone = method === 'HEAD' || status === 204 || status === 304;
          stream.onHead(headOf(status, promised), 5);
          const faults = pieces.map((piece, i) => give(stream, piece, i === pieces.length - 1));
          if (isCut) {
            stream.end();
            continue;
          }
          stream.trailerLines = trailers;
          const fault = faults.find((one) => one !== undefined) ?? stream.endFault();
          const isWrong = (hasNone && bytes > 0) || (!hasNone && (length === 'more' || length === 'less'));
          expect(fault !== undefined).toBe(isWrong);
          if (fault === undefined) {
            const response = stream.take(7, 'peer:1');
            expect(response.request).toBe(request);
            expect([response.status, response.body.toString('latin1')]).toEqual([status, pieces.join('')]);
            expect(response.trailers).toEqual(trailers === '' ? [] : [['a', '1']]);
          }
          stream.end();
        }
      }),
    );
  });

  it('is as new after its end', () => {
    const { stream } = begun();
    stream.onHead(headOf(200), 1);
    give(stream, 'half');
    Object.assign(stream, {
      interims: 3,
      continued: true,
      uncredited: 9,
      trailerLines: 'a: 1\r\n',
      holds: true,
    });
    stream.end();
    const { request } = begun('GET', stream);
    const { interims, continued, uncredited, trailerLines, holds, head, taker, sending } = stream;
    expect([interims, continued, uncredited, trailerLines, holds]).toEqual([0, false, 0, '', false]);
    expect([head, taker, sending, stream.deadlineMs]).toEqual([undefined, undefined, undefined, Infinity]);
    expect(stream.request).toBe(request);
    stream.onHead(headOf(200), 1);
    expect(stream.take(1, '').body.length).toBe(0);
  });

  it('has no response without a head, nor one that is longer or shorter than it says', () => {
    const { stream } = begun();
    expect(stream.endFault()?.message).toContain('in place of a final response');
    stream.onHead(headOf(200, 4), 1);
    expect(stream.endFault()?.message).toMatch(/less than the 4 bytes/);
    expect(give(stream, 'half')).toBeUndefined();
    expect(stream.endFault()).toBeUndefined();
    expect(give(stream, '!')?.message).toMatch(/more than the 4 bytes/);
  });

  it('keeps no more of a body than it may', () => {
    const { stream } = begun('GET', new Stream({ ...SETTINGS, bodyBytesMax: 10 }));
    stream.onHead(headOf(200), 1);
    expect(give(stream, '0123456789')).toBeUndefined();
    expect(give(stream, 'x')).toMatchObject({ kind: 'too-large' });
  });

  it('a content-length that is none makes every end wrong, also where there is no content', () => {
    for (const [method, status] of [
      ['GET', 200],
      ['HEAD', 200],
      ['GET', 304],
    ] as const) {
      const { stream } = begun(method);
      stream.onHead(headOf(status, Number.NaN), 1);
      expect(stream.endFault()?.message).toContain('content-length that is none');
    }
  });
});

describe('who takes content as it arrives', () => {
  function taking(taker: Taker) {
    const cancelled: unknown[] = [];
    const control: ContentControl = { resume: () => {}, cancel: (error) => void cancelled.push(error) };
    const stream = new Stream(SETTINGS);
    const request = makeRequest('http://host/');
    request.taker = taker;
    stream.begin(1, request, REUSED, control);
    return { stream, cancelled };
  }

  it('has it, and nothing of it is collected', () => {
    const taker = new Taker();
    const { stream } = taking(taker);
    stream.onHead(headOf(200, 6), 1);
    give(stream, 'one');
    expect(stream.holds).toBe(false);
    taker.wants = false;
    give(stream, 'two', true);
    expect([taker.text, stream.holds, stream.endFault()]).toEqual(['onetwo', true, undefined]);
    expect(stream.take(1, '').body.length).toBe(0);
  });

  it('may throw: that cancels its request, and reaches nobody else', () => {
    for (const method of ['onHead', 'onContent'] as const) {
      const taker = new Taker();
      const error = new Error('not mine');
      taker[method] = () => {
        throw error;
      };
      const { stream, cancelled } = taking(taker);
      stream.onHead(headOf(200), 1);
      if (method === 'onContent') give(stream, 'one');
      expect(cancelled).toEqual([error]);
    }
  });

  it('is held to the length as well', () => {
    const taker = new Taker();
    const { stream } = taking(taker);
    stream.onHead(headOf(200, 2), 1);
    expect(give(stream, 'abc')?.message).toContain('more than');
    expect(taker.text).toBe('');
  });
});
