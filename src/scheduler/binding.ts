// What keeps a scheduler from sending more at one moment. For a look now and then: it looks at a few of its lanes, and
// changes nothing.

import type { Binding } from '../metrics/samples.ts';
import type { Sought } from '../metrics/verdict.ts';
import { GoodputLaw } from './control/goodput-law.ts';
import { AFTER_OTHERS } from './health/host-gate.ts';
import type { Lane } from './lane.ts';
import type { Rate } from './rate/rate.ts';

export interface Standing {
  readonly paused: boolean;
  readonly input: 'open' | 'waiting' | 'ended';
  /** Requests that wait in lanes, or before them. */
  readonly waiting: number;
  /** Requests that wait for the time of their next attempt. */
  readonly later: number;
  readonly slotFree: boolean;
  readonly rate: Rate | undefined;
  readonly lanes: Iterable<Lane>;
}

/** With ten thousand hosts, a look must not cost more than with a few. */
const LANES_MAX = 64;

export function bindingOf(standing: Standing, nowMs: number): Binding {
  const { paused, input, waiting, later, slotFree, rate, lanes } = standing;
  if (paused) return 'paused';
  if (waiting === 0 && input !== 'open') {
    if (later > 0) return 'backoff';
    return input === 'ended' ? 'ended' : 'starved';
  }
  if (!slotFree) return 'slots';
  if (rate !== undefined && rate.waitMs(nowMs) > 0) return 'rate';
  const host = hostBinding(lanes, waiting, nowMs);
  // Its time has come, and the timer is late.
  return host === 'none' && rate !== undefined ? 'rate' : host;
}

/** What was found out about the host that most is sent to, among a few; undefined where nothing seeks. */
export function soughtOf(lanes: Iterable<Lane>): Sought | undefined {
  let most: Lane | undefined;
  let left = LANES_MAX;
  for (const lane of lanes) {
    if (left-- === 0) break;
    if (lane.slots.law !== undefined && lane.inFlight >= (most?.inFlight ?? 0)) most = lane;
  }
  const law = most?.slots.law;
  if (!(law instanceof GoodputLaw)) return undefined;
  return { finding: law.finding, limit: law.limit, perSecond: law.ratePerSecond };
}

/** What most of the lanes wait for that have something to send, or no slot for it. */
function hostBinding(lanes: Iterable<Lane>, waiting: number, nowMs: number): Binding {
  const times = new Map<Binding, number>();
  let most: Binding = 'none';
  let left = LANES_MAX;
  for (const lane of lanes) {
    if (left-- === 0) break;
    // Of an origin left alone nothing is read that would wait for its slots.
    if (lane.waiting.length === 0 && (waiting > 0 || !lane.isFull)) continue;
    const binding = laneBinding(lane, nowMs);
    const n = (times.get(binding) ?? 0) + 1;
    times.set(binding, n);
    if (n > (times.get(most) ?? 0)) most = binding;
  }
  return most;
}

function laneBinding({ slots, later }: Lane, nowMs: number): Binding {
  const { gate } = slots;
  if (gate === undefined) return slots.free ? 'none' : 'host-slots';
  // First, for asking an open circuit how long to wait may make it ready for its probe.
  if (gate.breaker !== undefined && gate.breaker.state !== 'closed') return 'host-down';
  if (!slots.free) return 'host-slots';
  const waitMs = gate.waitMs(slots.used, nowMs);
  const ownMs = gate.rate?.waitMs(nowMs) ?? 0;
  if (waitMs === AFTER_OTHERS || waitMs > ownMs) return 'host-limit';
  if (later === undefined && waitMs === 0) return 'none';
  return gate.rate === undefined ? 'host-limit' : 'host-rate';
}
