// What requests, outcomes and responses of a simulated world say, read without the code under test.

import type { Attempt, Outcome, Response } from '../../src/model/outcome.ts';
import type { Health } from './limits-models.ts';

/** The same wherever redirects lead. */
export function idOf(target: string): string {
  return target.replace(/(?:\/r)*$/, '');
}

export function shown(outcome: Outcome): string {
  return outcome.type === 'response'
    ? `${outcome.status}`
    : `${outcome.phase}/${outcome.kind}/${outcome.sent}`;
}

export function toldOf(outcome: Outcome): string {
  return `${shown(outcome)} in ${outcome.ms}`;
}

export function toldOfAttempt({ status, error, ms }: Attempt): string {
  const what = error === undefined ? `${status}` : `${error.phase}/${error.kind}/${error.sent}`;
  return `${what} in ${ms}`;
}

const DOWN = ['timeout', 'refused', 'reset', 'closed', 'unreachable', 'not-found'];
const ANSWERED = ['protocol', 'too-large', 'unexpected', 'certificate'];

export function healthOf(outcome: Outcome): Health {
  if (outcome.type === 'response' || ANSWERED.includes(outcome.kind)) return 'up';
  return DOWN.includes(outcome.kind) ? 'down' : 'neither';
}

/** What Retry-After says, by the server's own clock; 0 for what is none. */
export function askedMs(response: Response, wallMs: number): number {
  const [value] = response.headerAll('retry-after');
  if (value === undefined) return 0;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000;
  if (!value.endsWith('GMT')) return 0;
  return Math.max(0, Date.parse(value) - serverMs(response, wallMs));
}

/** In the four forms in which the hosts of this world tell it. */
export function quotaOf(
  response: Response,
  wallMs: number,
): { remaining: number; resetMs: number } | undefined {
  const standard = /r=(\d+);t=(\d+)/.exec(response.header('ratelimit') ?? '');
  if (standard !== null) return { remaining: Number(standard[1]), resetMs: Number(standard[2]) * 1_000 };
  for (const prefix of ['ratelimit', 'x-ratelimit']) {
    const remaining = response.header(`${prefix}-remaining`);
    const reset = Number(response.header(`${prefix}-reset`));
    if (remaining === undefined) continue;
    const isTime = reset > 1e9;
    return {
      remaining: Number(remaining),
      resetMs: isTime ? reset * 1_000 - serverMs(response, wallMs) : reset * 1_000,
    };
  }
  return undefined;
}

function serverMs(response: Response, wallMs: number): number {
  const date = response.header('date');
  return date === undefined ? wallMs : Date.parse(date);
}
