// How many requests may be in flight, out of the settings: fixed, or found out host by host.

import type { Settings } from '../model/options.ts';
import type { SlotLimits } from '../scheduler/slots.ts';

/** Without being told otherwise, no host gets more at once: to be welcome tomorrow is worth more than to be fast today. */
export const AUTO_PER_HOST_MAX = 256;
/** All hosts together, each of which finds its own number below: at first, and at most. */
export const AUTO_TOTAL = { initial: 1_024, max: 8_192 };

export interface EngineLimits extends SlotLimits {
  /** The number per host is found out, `perHost` is the most. */
  readonly auto: boolean;
}

export function slotLimits({
  concurrency,
  perHost,
}: Pick<Settings, 'concurrency' | 'perHost'>): EngineLimits {
  if (concurrency !== 'auto') {
    return { concurrency, perHost: Math.min(perHost ?? concurrency, concurrency), auto: false };
  }
  return { concurrency: AUTO_TOTAL.max, perHost: perHost ?? AUTO_PER_HOST_MAX, auto: true };
}
