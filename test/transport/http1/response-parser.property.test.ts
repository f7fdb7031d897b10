// What holds for every response, valid or damaged, in whatever pieces it comes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFieldLines } from '../../../src/model/response-head.ts';
import type { ResponseLimits } from '../../../src/transport/response-limits.ts';
import {
  everyByte,
  expectSame,
  LIMITS,
  observe,
  observeBytewise,
  observeCut,
  observeRun,
} from './observe.ts';
import { cutsOf, damaged, fractions, octets, sample } from './streams.ts';

/** Limits so small that most streams meet some of them. */
const narrow: fc.Arbitrary<ResponseLimits> = fc.record({
  headerBytesMax: fc.integer({ min: 20, max: 200 }),
  headerCountMax: fc.nat(5),
  reasonBytesMax: fc.nat(8),
  interimMax: fc.nat(3),
  bodyBytesMax: fc.nat(60),
  chunkExtensionBytesMax: fc.nat(10),
  chunkExtensionTotalBytesMax: fc.nat(20),
  trailerBytesMax: fc.nat(40),
});

describe('a valid response', () => {
  it('comes out as it was put in, however it is cut and whatever follows', () => {
    fc.assert(
      fc.property(sample, octets, fractions, (valid, rest, at) => {
        const { method, stream, statuses, body, delimited } = valid;
        const whole = stream + (delimited ? rest : '');
        const seen = observeCut(whole, cutsOf(whole.length, at), { method });
        expectSame(
          { ...seen, trailers: readFieldLines(seen.trailers) },
          {
            ...seen,
            headers: valid.headers,
            verdict: 'complete',
            statuses,
            body,
            trailers: valid.trailers,
            end: delimited ? stream.length : undefined,
            finished: delimited ? undefined : true,
          },
          'the sample',
        );
      }),
      { numRuns: 1500 },
    );
  });

  it('is incomplete at every octet before its end, where something ends it', () => {
    fc.assert(
      fc.property(sample, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (valid, at) => {
        const { method, stream, delimited } = valid;
        fc.pre(delimited);
        const seen = observe(stream.slice(0, Math.floor(at * stream.length)), { method });
        expect([seen.verdict, seen.finished]).toEqual(['incomplete', false]);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same behind others on one connection as alone', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 4 }), fractions, (samples, at) => {
        fc.pre(samples.slice(0, -1).every((one) => one.delimited));
        const stream = samples.map((one) => one.stream).join('');
        const methods = samples.map((one) => one.method);
        let start = 0;
        const alone = samples.map((one) => {
          const seen = observe(one.stream, { method: one.method });
          const end = seen.end === undefined ? undefined : start + seen.end;
          start += one.stream.length;
          return { ...seen, end };
        });
        expectSame(observeRun(stream, cutsOf(stream.length, at), methods), alone, 'in pieces');
        expectSame(observeRun(stream, everyByte(stream.length), methods), alone, 'byte by byte');
      }),
      { numRuns: 300 },
    );
  });
});

describe('a damaged response', () => {
  it('gives the same however it is cut: events, faults, octets, the end', () => {
    fc.assert(
      fc.property(damaged, fractions, ({ method, octets: stream }, at) => {
        const whole = observe(stream, { method });
        expectSame(observeCut(stream, cutsOf(stream.length, at), { method }), whole, 'in pieces');
        expectSame(observeBytewise(stream, { method }), whole, 'byte by byte');
        if (whole.end !== undefined) {
          const upToEnd = stream.subarray(0, whole.end);
          expectSame(observe(upToEnd, { method }), whole, 'without what follows');
        }
      }),
      { numRuns: 2500 },
    );
  });

  it('gives the same under every limit, and nothing beyond a limit', () => {
    fc.assert(
      fc.property(damaged, narrow, fractions, ({ method, octets: stream }, limits, at) => {
        const asking = { method, limits };
        const whole = observe(stream, asking);
        expectSame(observeCut(stream, cutsOf(stream.length, at), asking), whole, 'in pieces');
        expectSame(observeBytewise(stream, asking), whole, 'byte by byte');
        expect(whole.body.length).toBeLessThanOrEqual(limits.bodyBytesMax);
        expect(whole.trailers.length).toBeLessThanOrEqual(limits.trailerBytesMax + 2);
        expect(whole.statuses.length).toBeLessThanOrEqual(limits.interimMax + 1);
        // A limit refuses or changes nothing: what is let through is what comes without it.
        if (whole.fault?.kind !== 'too-large')
          expectSame(whole, observe(stream, { method, limits: LIMITS }), 'free');
      }),
      { numRuns: 1500 },
    );
  });

  it('never throws, also when it is noise from the first octet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fractions, fc.boolean(), (noise, at, started) => {
        const stream = Buffer.concat([Buffer.from(started ? 'HTTP/1.1 200 ' : ''), noise]);
        const whole = observe(stream);
        expectSame(observeCut(stream, cutsOf(stream.length, at)), whole, 'in pieces');
        expectSame(observeBytewise(stream), whole, 'byte by byte');
      }),
      { numRuns: 500 },
    );
  });
});
