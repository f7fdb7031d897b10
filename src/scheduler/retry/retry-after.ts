// Retry-After (RFC 9110 section 10.2.3): how long a server asks to be left alone. Waits for nothing itself.

import { parseHttpDate } from '../rate/http-date.ts';

/** Beyond this it does not matter how far: nobody waits for it. Also what seconds of twenty digits come to. */
const ASKED_MS_MAX = 366 * 86_400_000;
/** A tenth more than asked for, at most so much: clients that were refused together do not come back together. */
const SPREAD_SHARE = 0.1;
const SPREAD_MS_MAX = 5_000;

/**
 * Milliseconds from now, 0 for a date that has passed; undefined for what is neither seconds nor a date. `date` is the
 * response's own Date field: where the server's clock is wrong, its dates are wrong by as much.
 */
export function retryAfterMs(value: string, date: string | undefined, wallMs: number): number | undefined {
  const text = value.trim();
  // Fractions are none of the grammar's, and sent.
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, ASKED_MS_MAX);
  const untilMs = parseHttpDate(text, wallMs);
  if (untilMs === undefined) return undefined;
  const serverMs = (date === undefined ? undefined : parseHttpDate(date.trim(), wallMs)) ?? wallMs;
  return Math.min(Math.max(0, untilMs - serverMs), ASKED_MS_MAX);
}

/** Never less than asked for. `random`: from 0 to below 1. */
export function spread(askedMs: number, random: () => number): number {
  return askedMs + random() * Math.min(askedMs * SPREAD_SHARE, SPREAD_MS_MAX);
}
