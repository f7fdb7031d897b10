// Which outcomes teach what.

import { describe, expect, it } from 'vitest';
import { Failure, type FailureFields, type Kind, type Phase } from '../../src/model/outcome.ts';
import { verdictOf, verdictOfStatus } from '../../src/scheduler/control/verdict.ts';

function failure(phase: Phase, kind: Kind, more: Partial<FailureFields> = {}): Failure {
  const fields = { index: 0, url: 'http://example.org/', method: 'GET', sent: 'whole', message: '' } as const;
  return new Failure({ ...fields, phase, kind, attempts: 1, ms: 1, ...more });
}

describe('verdictOf', () => {
  it.each([
    [200, 'success'],
    [301, 'success'],
    [404, 'success'],
    [429, 'drop'],
    [500, 'ignore'],
    [502, 'ignore'],
    [503, 'drop'],
    [504, 'ignore'],
  ] as const)('status %i: %s', (status, verdict) => {
    expect(verdictOfStatus(status)).toBe(verdict);
  });

  it.each([
    ['connect', 'refused', 'drop'],
    ['connect', 'timeout', 'drop'],
    ['tls', 'reset', 'drop'],
    ['headers', 'closed', 'drop'],
    ['headers', 'timeout', 'drop'],
    ['body', 'reset', 'drop'],
    ['input', 'invalid', 'ignore'],
    ['queue', 'timeout', 'ignore'],
    ['queue', 'host-down', 'ignore'],
    ['dns', 'not-found', 'ignore'],
    ['dns', 'timeout', 'ignore'],
    ['connect', 'resources', 'ignore'],
    ['connect', 'unreachable', 'ignore'],
    ['connect', 'proxy', 'ignore'],
    ['tls', 'certificate', 'ignore'],
    ['headers', 'protocol', 'ignore'],
    ['body', 'too-large', 'ignore'],
    ['body', 'aborted', 'ignore'],
  ] as const)('failure in phase %s of kind %s: %s', (phase, kind, verdict) => {
    expect(verdictOf(failure(phase, kind))).toBe(verdict);
  });

  it('an idle connection that the host had closed is no sign of load', () => {
    const stale = failure('send', 'reset');
    stale.resend = true;
    expect(verdictOf(stale)).toBe('ignore');
  });
});
