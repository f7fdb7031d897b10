// The one place where real time and real chance come from. Everything else is given a Clock, so that tests can give another.

import type { Clock } from './contracts.ts';

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, call) {
    // setTimeout drops fractions, and what is due must not come before.
    const timer = setTimeout(call, Math.ceil(ms));
    timer.unref();
    return () => clearTimeout(timer);
  },
  afterPoll(call) {
    // The first setImmediate may run in the check phase of this very turn, before anything was polled;
    // the second one has a whole poll phase before it.
    setImmediate(() => setImmediate(call));
  },
};

/** From 0 to below 1. */
export const systemRandom: () => number = () => Math.random();

/** Gives the share of the time since it was last asked in which this thread was busy, from 0 to 1. */
export function eventLoopLoad(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const share = performance.eventLoopUtilization(now, last).utilization;
    last = now;
    return share;
  };
}
