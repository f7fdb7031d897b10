// Runs one client as a process of its own and tells what it cost: wall time, CPU, memory, and what it printed.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onEnd } from './cleanup.mjs';

const STDERR_CHARACTERS_MAX = 4_000;

/**
 * `cpuUs` is undefined where there is no accountant. Memory is VmHWM, the kernel's own high-water mark, read every
 * `sampleMs`: ru_maxrss would be that of the parent where the parent is larger.
 */
export async function runMeasured(argv, { accountant, timeoutMs, sampleMs = 50, env = {} }) {
  const [program, ...args] = accountant === undefined ? argv : accountant.wrap(argv);
  const startMs = performance.now();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const watch = new Watch(child, accountant === undefined, sampleMs);
  const disarm = onEnd(() => watch.kill());
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    watch.kill();
  }, timeoutMs);
  const texts = [collect(child.stdout), collect(child.stderr), collect(child.stdio[3], (t) => watch.hear(t))];
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve(exit ?? signal));
  });
  clearTimeout(timer);
  disarm();
  watch.stop();
  const [stdout, stderr, account] = await Promise.all(texts);
  const lines = account.trim().split('\n').slice(1);
  const told = lines.length > 0 ? accountant?.read(lines) : undefined;
  return {
    code: timedOut ? `killed after ${timeoutMs / 1000} s` : code,
    stdout,
    stderr: stderr.slice(-STDERR_CHARACTERS_MAX),
    wallMs: told?.wallMs ?? performance.now() - startMs,
    cpuUs: told === undefined ? undefined : told.userUs + told.systemUs,
    cpuSystemUs: told?.systemUs,
    peakRssBytes: watch.peakRssBytes,
    rssSamples: watch.samples,
  };
}

/** Reads the client's memory from /proc while it lives, and can end it. */
class Watch {
  peakRssBytes = 0;
  samples = [];
  #child;
  #pid;
  #heard = '';
  #startMs = performance.now();
  #timer;

  constructor(child, isClient, sampleMs) {
    this.#child = child;
    if (isClient) this.#pid = child.pid;
    this.#timer = setInterval(() => this.#sample(), sampleMs);
  }

  /** The accountant's first line is the pid of the client. */
  hear(text) {
    if (this.#pid !== undefined) return;
    this.#heard += text;
    const end = this.#heard.indexOf('\n');
    if (end > 0) this.#pid = Number(this.#heard.slice(0, end));
  }

  /** The accountant ends by itself when its client has. */
  kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(this.#pid ?? this.#child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }

  stop() {
    clearInterval(this.#timer);
  }

  #sample() {
    if (this.#pid === undefined) return;
    let status;
    try {
      status = readFileSync(`/proc/${this.#pid}/status`, 'latin1');
    } catch {
      return;
    }
    const rss = kibibytes(status, 'VmRSS');
    if (rss === undefined) return;
    this.samples.push({ ms: Math.round(performance.now() - this.#startMs), rssBytes: rss });
    this.peakRssBytes = Math.max(this.peakRssBytes, kibibytes(status, 'VmHWM') ?? rss);
  }
}

/** A process that has ended but is not yet waited for has no such lines. */
export function kibibytes(status, field) {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status);
  return found === null ? undefined : Number(found[1]) * 1024;
}

async function collect(stream, onText) {
  let text = '';
  stream.setEncoding('utf8');
  for await (const piece of stream) {
    text += piece;
    onText?.(piece);
  }
  return text;
}
