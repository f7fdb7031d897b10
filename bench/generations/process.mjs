// Runs one peer as processes of its own and tells what it cost: wall time, CPU of the process and of the
// children that it waited for, memory, and the line in which it says what it got. A peer may be a script that starts a program, so all of them are
// one group, and are ended as one.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onEnd } from '../wire/cleanup.mjs';
import { kibibytes } from '../wire/measured-process.mjs';

/** The shortest of peers live for less than 50 ms. */
const SAMPLE_MS = 15;
const TEXT_CHARACTERS_MAX = 100_000;

/** `told` is undefined where the peer left no such line; `fault` says how it ended otherwise than it should. */
export async function runPeer({ command, args, env }, { accountant, timeoutMs }) {
  const argv = [command, ...args];
  const [program, ...rest] = accountant === undefined ? argv : accountant.wrap(argv);
  const startMs = performance.now();
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: true,
  });
  const kill = () => killGroup(child.pid);
  const disarm = onEnd(kill);
  const memory = new Memory(child.pid, accountant !== undefined);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  const texts = [child.stdout, child.stderr, child.stdio[3]].map(collect);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (exit, signal) => resolve(exit ?? signal));
  });
  clearTimeout(timer);
  kill();
  disarm();
  memory.stop();
  const [stdout, stderr, account] = await Promise.all(texts);
  const lines = account.trim().split('\n').slice(1);
  const cost = lines.length > 0 ? accountant?.read(lines) : undefined;
  const told = timedOut ? undefined : lastLine(stdout);
  return {
    told,
    fault: faultOf({ timedOut, timeoutMs, code, stderr, told }),
    processMs: cost?.wallMs ?? performance.now() - startMs,
    cpuUs: cost === undefined ? undefined : cost.userUs + cost.systemUs,
    peakRssBytes: memory.peakBytes,
  };
}

/** The rest of a group whose leader has ended is still that group. */
function killGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

function faultOf({ timedOut, timeoutMs, code, stderr, told }) {
  const said = stderr.trim().split('\n').slice(-3).join(' ').slice(-300);
  if (timedOut) return `ended after ${Math.round(timeoutMs / 1000)} s, the time limit`;
  if (code !== 0) return `it ended with ${code}${said === '' ? '' : `: ${said}`}`;
  return told === undefined ? `it said nothing of its result${said === '' ? '' : `: ${said}`}` : undefined;
}

/** `{"ok": 40, "errors": 0, "sum": 820, "ms": 93.2}`, and perhaps the `concurrency` that it chose. */
function lastLine(stdout) {
  try {
    const told = JSON.parse(stdout.trim().split('\n').at(-1));
    return [told.ok, told.errors, told.ms].every(Number.isFinite) ? told : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The kernel's own high-water mark, of the largest of the peer's processes: where a script starts a program it is the
 * program's, and what only reads the program's output is not added to it.
 */
class Memory {
  peakBytes = 0;
  #root;
  #isWrapped;
  #timer;

  constructor(pid, isWrapped) {
    this.#root = pid;
    this.#isWrapped = isWrapped;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  #sample() {
    if (this.#root === undefined) return;
    const pids = descendants(this.#root);
    // The accountant between belongs to the bench.
    const own = this.#isWrapped ? pids.slice(1) : pids;
    this.peakBytes = Math.max(this.peakBytes, ...own.map(highWaterOf));
  }
}

/** Itself first. */
function descendants(pid) {
  const pids = [pid];
  for (const parent of pids) {
    try {
      const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').trim();
      if (children !== '') pids.push(...children.split(' ').map(Number));
    } catch {
      // It has just ended, or there is no /proc.
    }
  }
  return pids;
}

function highWaterOf(pid) {
  try {
    return kibibytes(readFileSync(`/proc/${pid}/status`, 'latin1'), 'VmHWM') ?? 0;
  } catch {
    return 0;
  }
}

async function collect(stream) {
  let text = '';
  stream.setEncoding('utf8');
  for await (const piece of stream) text = `${text}${piece}`.slice(-TEXT_CHARACTERS_MAX);
  return text;
}
