import { describe, expect, it } from 'vitest';
import { countsAsFailure, failuresMax } from '../../../src/scheduler/health/failure-limit.ts';
import { answered, failed } from '../outcomes.ts';

describe('the limit of failures', () => {
  it('is one with --fail-early, and none unless it is given', () => {
    expect(failuresMax({ failEarly: false, maxFailures: undefined })).toBe(Number.POSITIVE_INFINITY);
    expect(failuresMax({ failEarly: false, maxFailures: 5 })).toBe(5);
    expect(failuresMax({ failEarly: true, maxFailures: 5 })).toBe(1);
  });

  it('counts failures, not statuses and not what was stopped', () => {
    expect(countsAsFailure(answered(500))).toBe(false);
    expect(countsAsFailure(failed('aborted'))).toBe(false);
    expect(countsAsFailure(failed('unexpected'))).toBe(true);
    expect(countsAsFailure(failed('invalid', 'input', 'none'))).toBe(true);
  });
});
