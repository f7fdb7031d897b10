// Whether a number says something about the client at all: what the server, other programs and the machine did
// meanwhile, as far as /proc tells. Without /proc it finds nothing.

import { readFileSync } from 'node:fs';

/** Of one core, by the server's one worker, while the client used less of one than CLIENT_IDLE. */
const SERVER_FULL = 0.95;
const CLIENT_IDLE = 0.9;
/** Of all cores. */
const FOREIGN_MAX = 0.1;
const STEAL_MAX = 0.05;
/** The kernel counts CPU in hundredths of a second: below this a share is a guess. */
const JUDGED_MS_MIN = 300;
const TICK_MS = 10;
const SWAPPED_PAGES_MAX = 100;

/** The counters now; the difference of two is what happened between. */
export function counters(serverPids) {
  const [user, nice, system, idle, waiting, hard, soft, steal] = numbers(
    /^cpu +([\d ]+)/m,
    read('/proc/stat'),
    8,
  );
  const paged = read('/proc/vmstat');
  const own = process.cpuUsage();
  return {
    atMs: performance.now(),
    busyMs: (user + nice + system + hard + soft) * TICK_MS,
    stealMs: steal * TICK_MS,
    allMs: (user + nice + system + idle + waiting + hard + soft + steal) * TICK_MS,
    serverMs: serverPids.reduce((sum, pid) => sum + cpuMsOf(pid), 0),
    ownMs: (own.user + own.system) / 1000,
    swapped: numbers(/^pswpin (\d+)/m, paged, 1)[0] + numbers(/^pswpout (\d+)/m, paged, 1)[0],
  };
}

/** `requestsMs`: how long requests were under way; `clientMs`: the client's CPU, undefined where nobody knows. */
export function judgeShares(before, after, { requestsMs, clientMs }) {
  const delta = (name) => after[name] - before[name];
  const wallMs = delta('atMs');
  const foreignMs = delta('busyMs') - delta('serverMs') - delta('ownMs') - (clientMs ?? 0);
  const shares = {
    server: delta('serverMs') / requestsMs,
    client: clientMs === undefined ? undefined : clientMs / requestsMs,
    foreign: clientMs === undefined ? undefined : Math.max(0, foreignMs) / delta('allMs'),
    steal: delta('stealMs') / delta('allMs'),
  };
  return { ...shares, reasons: wallMs < JUDGED_MS_MIN ? [] : reasonsOf(shares, delta('swapped')) };
}

/** `by` is the server or the machine. */
function reasonsOf({ server, client, foreign, steal }, swapped) {
  const reasons = [];
  if (server >= SERVER_FULL && client < CLIENT_IDLE) {
    reasons.push({
      by: 'server',
      text: `nginx at ${percent(server)} of its core, the client at ${percent(client)}`,
    });
  }
  if (foreign > FOREIGN_MAX) {
    reasons.push({ by: 'machine', text: `other programs took ${percent(foreign)} of all cores` });
  }
  if (steal > STEAL_MAX) {
    reasons.push({ by: 'machine', text: `the host took away ${percent(steal)} of all cores` });
  }
  if (swapped > SWAPPED_PAGES_MAX) reasons.push({ by: 'machine', text: `${swapped} pages were swapped` });
  return reasons;
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/** Fields 14 and 15 of stat, counted behind the name, which may hold spaces. */
function cpuMsOf(pid) {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.length < 13 ? 0 : (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function numbers(pattern, text, n) {
  const found = pattern.exec(text)?.[1].trim().split(/ +/).map(Number) ?? [];
  return Array.from({ length: n }, (_, i) => found[i] ?? 0);
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
