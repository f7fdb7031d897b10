// Figures that only views show: rates, shares, remaining time. What other rooms show too is in model/text.ts.

import { count, milliseconds } from '../model/text.ts';

const DAY_S = 86_400;
const DAYS_SHOWN_FROM = 4;
/** Beyond this, what moves is as good as still. */
const DAYS_MAX = 9999;

/** Three significant digits, so that a rate does not flicker: `19,000/s`, `12.3/s`, `0.05/s`. */
export function perSecond(n: number): string {
  return `${n >= 100 ? count(Number(n.toPrecision(3))) : n.toFixed(n >= 10 ? 1 : 2)}/s`;
}

export function microseconds(us: number): string {
  if (us >= 1000) return milliseconds(us / 1000);
  return `${us.toFixed(us >= 100 ? 0 : us >= 10 ? 1 : 2)} µs`;
}

/** Rounded down: 100.0% is said only when all is done. */
export function share(part: number, whole: number): string {
  const perMille = whole === 0 ? 1000 : Math.min(1000, Math.floor((1000 * part) / whole));
  return `${(perMille / 10).toFixed(1)}%`;
}

/** In whole seconds, rounded up; undefined where nothing moves. */
export function remaining(requests: number, ratePerSecond: number): string | undefined {
  if (!(ratePerSecond > 0)) return undefined;
  const seconds = Math.ceil(requests / ratePerSecond);
  if (seconds < 100) return `${seconds} s`;
  const days = Math.ceil(seconds / DAY_S);
  if (days > DAYS_MAX) return undefined;
  return days > DAYS_SHOWN_FROM ? plural(days, 'day') : milliseconds(seconds * 1000);
}

export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}
