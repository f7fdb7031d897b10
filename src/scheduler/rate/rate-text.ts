// A rate as it is written: `500/s`, `30/m`, `100/h`, `5/10s`, or a number per second. Reads it and keeps nothing.

import { OptionError } from '../../model/option-kinds.ts';
import { count } from '../../model/text.ts';

export interface RateTerms {
  readonly perSecond: number;
  /** How many may start at once. */
  readonly burst: number;
}

const FORM = /^(\d{1,15}(?:\.\d{1,9})?)\s*\/\s*(\d{1,9})?\s*([smhd])$/i;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const PER_SECOND_MAX = 1_000_000;
const PER_DAY_MIN = 1;
/**
 * The burst that a rate has by itself: what starts in 50 ms, at least one. So a collection of garbage or a slow callback
 * of this process costs nothing of the rate, and a server that counts by the second sees 5 % more than was said, once.
 */
const BURST_SECONDS = 0.05;

/**
 * `value` of the option `name`; `burst` where it was given. Undefined: no limit. Throws OptionError.
 *
 * Text needs its unit: a plain number is per hour to curl and per second to most others, and who guesses wrong is 3,600
 * times too fast. A number, which only code and config files have, is per second.
 */
export function parseRate(
  name: string,
  value: string | number | undefined,
  burst: number | undefined,
): RateTerms | undefined {
  if (value === undefined) return undefined;
  const perSecond = typeof value === 'number' ? value : perSecondOf(name, value);
  if (!(perSecond >= PER_DAY_MIN / 86_400 && perSecond <= PER_SECOND_MAX)) {
    throw new OptionError(
      name,
      `${name} takes a rate from 1/d to ${count(PER_SECOND_MAX)}/s, not ${JSON.stringify(value)}`,
    );
  }
  return { perSecond, burst: burst ?? Math.max(1, Math.round(perSecond * BURST_SECONDS)) };
}

function perSecondOf(name: string, text: string): number {
  const match = FORM.exec(text.trim());
  if (match !== null) {
    const seconds = Number(match[2] ?? 1) * UNIT_SECONDS[match[3]!.toLowerCase()]!;
    return Number(match[1]) / seconds;
  }
  const advice = /^\d+(?:\.\d+)?$/.test(text.trim())
    ? `write ${text.trim()}/s, ${text.trim()}/m or ${text.trim()}/h`
    : 'write a number and its unit, such as 500/s, 30/m, 100/h or 5/10s';
  throw new OptionError(name, `${name} takes a rate, not ${JSON.stringify(text.slice(0, 60))}; ${advice}`);
}
