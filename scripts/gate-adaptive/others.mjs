// How much of this machine's CPU others have used meanwhile: where that is much, a miss says nothing about the law.
// Known on Linux, where /proc tells what the servers used; elsewhere undefined.

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const TICKS_PER_S = 100;
/** Process ids of the servers that run, and the CPU of those that have ended. */
const running = new Set();
let endedMs = 0;

export function noteStart(pid) {
  running.add(pid);
}

/** Before it is ended. */
export function noteEnd(pid) {
  endedMs += cpuMsOf(pid) ?? 0;
  running.delete(pid);
}

/** From now on; what it gives back tells the share of all cores, 0 to 1, that neither this process nor its servers had. */
export function watchOthers() {
  const before = look();
  return () => {
    const after = look();
    if (before.ownMs === undefined || after.ownMs === undefined) return undefined;
    const allMs = (after.atMs - before.atMs) * cpus().length;
    const usedMs = allMs - (after.idleMs - before.idleMs);
    return Math.min(1, Math.max(0, (usedMs - (after.ownMs - before.ownMs)) / allMs));
  };
}

function look() {
  const { user, system } = process.cpuUsage();
  const servers = [...running].map(cpuMsOf);
  const known = servers.length === 0 || !servers.includes(undefined);
  return {
    atMs: performance.now(),
    idleMs: cpus().reduce((sum, { times }) => sum + times.idle, 0),
    ownMs:
      known && process.platform === 'linux' ? (user + system) / 1000 + endedMs + sum(servers) : undefined,
  };
}

function sum(values) {
  return values.reduce((a, b) => a + b, 0);
}

/** User and system time, the fourteenth and fifteenth field; the second, a name, may hold anything in its brackets. */
function cpuMsOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_S;
  } catch {
    return undefined;
  }
}
