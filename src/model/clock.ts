// The one place where real time and real chance come from. Everything else is given a Clock, so that tests can give another.

import type { Clock } from './contracts.ts';

/** The global is an accessor, which costs as much as the call. */
const { performance } = globalThis;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, call, holds = false) {
    // setTimeout drops fractions, and what is due must not come before.
    const timer = setTimeout(call, Math.ceil(ms));
    if (!holds) timer.unref();
    return () => clearTimeout(timer);
  },
  afterPoll(call) {
    // The first setImmediate may run in the check phase of this very turn, before anything was polled;
    // the second one has a whole poll phase before it.
    setImmediate(() => setImmediate(call));
  },
  atTurnEnd(call) {
    setImmediate(call);
  },
};

/** What this process has used of its thread and of its cores, in milliseconds since some fixed moment. */
export interface Load {
  /** The event loop did something, or waited for something to do. */
  readonly activeMs: number;
  readonly idleMs: number;
  /** User and system time of all threads. */
  readonly cpuMs: number;
}

/** Where a runtime does not tell how busy its event loop is, both times stand still. */
export function systemLoad(): Load {
  const { active = 0, idle = 0 } = performance.eventLoopUtilization?.() ?? {};
  const { user, system } = process.cpuUsage();
  return { activeMs: active, idleMs: idle, cpuMs: (user + system) / 1000 };
}

/** From 0 to below 1. */
export const systemRandom: () => number = () => Math.random();
