import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../../src/model/option-kinds.ts';
import { type RunOptions, resolveOptions } from '../../../src/model/options.ts';
import type { Kind, Outcome, Sent } from '../../../src/model/outcome.ts';
import { type RetryFacts, RetryPolicy } from '../../../src/scheduler/retry/retry-policy.ts';
import { answered, failed } from '../outcomes.ts';

const policy = (options: RunOptions = {}) => new RetryPolicy(resolveOptions(options));
const facts = (method = 'GET', retries = 0): RetryFacts => ({ method, retries, replayable: true });
const goesAgain = (outcome: Outcome, method = 'GET', options: RunOptions = {}) =>
  policy(options).reason(facts(method), outcome) !== 'no';

const NEVER: readonly Kind[] = ['invalid', 'certificate', 'protocol', 'too-large', 'unexpected', 'aborted'];
const SENT: readonly Sent[] = ['none', 'partial', 'whole', 'response'];

describe('RetryPolicy', () => {
  it.each([408, 429, 500, 502, 503, 504])('sends an idempotent request again after status %d', (status) => {
    expect(policy().reason(facts(), answered(status))).toEqual({ because: `status ${status}` });
    expect(goesAgain(answered(status), 'POST')).toBe(false);
    expect(goesAgain(answered(status), 'POST', { retryUnsafe: true })).toBe(true);
  });

  it.each([200, 204, 301, 400, 401, 403, 404, 410, 425, 501, 505, 999])('lets status %d stand', (status) => {
    expect(goesAgain(answered(status))).toBe(false);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])('counts %s as idempotent', (method) => {
    expect(goesAgain(failed('reset'), method)).toBe(true);
  });

  it.each(['POST', 'PATCH', 'LOCK', 'get'])(
    'sends a %s again only where nothing of it was sent',
    (method) => {
      expect(SENT.map((sent) => goesAgain(failed('reset', 'send', sent), method))).toEqual([
        true,
        false,
        false,
        false,
      ]);
      expect(
        SENT.map((sent) => goesAgain(failed('reset', 'send', sent), method, { retryUnsafe: true })),
      ).toEqual([true, true, true, true]);
    },
  );

  it.each(NEVER)('never sends again by itself what failed as %s', (kind) => {
    for (const sent of SENT) expect(goesAgain(failed(kind, 'tls', sent))).toBe(false);
  });

  it('leaves alone what waiting does not mend', () => {
    for (const kind of ['not-found', 'proxy', 'unknown'] as const) {
      expect(goesAgain(failed(kind, 'dns', 'none'))).toBe(false);
      expect(goesAgain(failed(kind, 'dns', 'none'), 'GET', { retryKinds: [kind] })).toBe(true);
    }
  });

  it('takes statuses, kinds with or without a phase, and methods as they are given', () => {
    expect(goesAgain(answered(418), 'GET', { retryStatuses: ['200-201, 4xx'] })).toBe(true);
    expect(goesAgain(answered(503), 'GET', { retryStatuses: ['200-201, 4xx'] })).toBe(false);
    expect(goesAgain(answered(503), 'GET', { retryStatuses: 503 })).toBe(true);
    const phased = { retryKinds: ['connect/timeout, reset'] };
    expect(goesAgain(failed('timeout', 'connect', 'none'), 'GET', phased)).toBe(true);
    expect(goesAgain(failed('timeout', 'headers'), 'GET', phased)).toBe(false);
    expect(goesAgain(failed('reset', 'body', 'response'), 'GET', phased)).toBe(true);
    expect(goesAgain(answered(503), 'POST', { retryMethods: ['post'] })).toBe(true);
    expect(goesAgain(answered(503), 'GET', { retryMethods: ['post'] })).toBe(false);
  });

  it('asks the caller’s function first, of every outcome, and leaves to itself what that leaves open', () => {
    const calls: unknown[] = [];
    const shouldRetry = (outcome: Outcome, attempt: number) => {
      calls.push([outcome.type === 'response' ? outcome.status : outcome.kind, attempt]);
      if (outcome.type === 'response') return outcome.status === 200 ? true : undefined;
      return outcome.kind === 'certificate' ? true : outcome.kind === 'reset' ? false : undefined;
    };
    const mine = policy({ shouldRetry });
    expect(mine.reason(facts('POST', 1), answered(200))).toEqual({
      because: 'shouldRetry, after status 200',
    });
    expect(mine.reason(facts(), failed('certificate', 'tls', 'none'))).not.toBe('no');
    expect(mine.reason(facts(), failed('reset'))).toBe('no');
    expect(mine.reason(facts(), answered(503))).toEqual({ because: 'status 503' });
    expect(mine.reason(facts(), answered(404))).toBe('no');
    expect(calls).toEqual([
      [200, 2],
      ['certificate', 1],
      ['reset', 1],
      [503, 1],
      [404, 1],
    ]);
  });

  it('gives back what it throws, and takes no promise for an answer', async () => {
    const thrown = new Error('no JSON');
    const throwing = () => {
      throw thrown;
    };
    expect(policy({ shouldRetry: throwing }).reason(facts(), answered(200))).toEqual({ broken: thrown });
    // What it is rejected with must not end the process.
    const late = (async () => throwing()) as never;
    const broken = policy({ shouldRetry: late }).reason(facts(), answered(503));
    expect(broken).toMatchObject({ broken: expect.any(TypeError) });
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('does not ask it of what the caller stopped and of what is no request', () => {
    const mine = policy({ shouldRetry: () => true });
    expect(mine.reason(facts(), failed('aborted'))).toBe('no');
    expect(mine.reason(facts(), failed('invalid', 'input', 'none'))).toBe('no');
  });

  it('sends no part of a POST twice unless it is told to, whatever fails and however', () => {
    const kind = fc.constantFrom<Kind>(
      'timeout',
      'refused',
      'reset',
      'closed',
      'unreachable',
      'resources',
      'not-found',
      'proxy',
      'unknown',
    );
    fc.assert(
      fc.property(kind, fc.constantFrom(...SENT), fc.constantFrom('POST', 'PATCH'), (one, sent, method) => {
        const again = goesAgain(failed(one, 'send', sent), method, { retryKinds: [one] });
        expect(again).toBe(sent === 'none');
      }),
    );
  });

  it.each([
    [
      { retryStatuses: ['6'] },
      'retryStatuses: no status "6"; write statuses as 429, 5xx or 502-504, separated by commas',
    ],
    [{ retryStatuses: ['504-502'] }, 'retryStatuses: the range 504-502 runs backwards'],
    [{ retryStatuses: ['429,'] }, 'retryStatuses: a status is missing'],
    [{ retryKinds: ['timeuot'] }, 'retryKinds: no kind "timeuot"; did you mean timeout?'],
    [{ retryKinds: ['lunch/timeout'] }, 'retryKinds: no kind "lunch/timeout"; there are timeout, refused'],
    [{ retryKinds: ['certificate'] }, 'retryKinds: a failure of kind certificate is never retried'],
  ] as const)('refuses %j', (options, message) => {
    expect(() => policy(options)).toThrow(OptionError);
    expect(() => policy(options)).toThrow(message);
  });
});
