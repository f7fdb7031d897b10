// Keeps two processes from writing one output at a time: a file `<output>.lock` that says who does. One that a dead
// process has left is taken over; one of another machine is not, since nobody here can tell whether that lives.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../model/contracts.ts';
import type { Appenders } from '../storage/appender.ts';
import { JournalError } from './journal-error.ts';

/** Between making a lock and filling it lie microseconds: what is empty after this was left so by a crash. */
const FILLED_MS = 100;
/** Others may take it between two looks of ours; somebody has won by then. */
const TRIES_MAX = 10;

/** What can be known of the processes of this machine. */
export interface Processes {
  readonly pid: number;
  readonly host: string;
  /** Undefined where none with this number lives; `start` tells it from a later one, where the system says. */
  find(pid: number): { readonly start: string | undefined } | undefined;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly start?: string;
}

export interface LockTools {
  readonly appenders: Appenders;
  readonly clock: Clock;
}

interface Attempt {
  readonly output: string;
  readonly path: string;
  /** What is to stand in it. */
  readonly text: string;
  readonly appenders: Appenders;
  readonly processes: Processes;
}

export class Lock {
  readonly path: string;
  readonly #text: string;
  readonly #appenders: Appenders;

  private constructor(path: string, text: string, appenders: Appenders) {
    this.path = path;
    this.#text = text;
    this.#appenders = appenders;
  }

  /** Rejects with a JournalError while another process writes `output`. */
  static async take(output: string, tools: LockTools, processes: Processes = systemProcesses): Promise<Lock> {
    const path = `${output}.lock`;
    const { appenders, clock } = tools;
    const start = processes.find(processes.pid)?.start;
    const holder: Holder = {
      pid: processes.pid,
      host: processes.host,
      ...(start !== undefined && { start }),
    };
    const text = `${JSON.stringify(holder)}\n`;
    const attempt = { output, path, text, appenders, processes };
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (claimed(path, text, appenders)) return new Lock(path, text, appenders);
      if (contents(path, appenders) === '') await new Promise<void>((go) => clock.after(FILLED_MS, go, true));
      const found = contents(path, appenders);
      if (found === undefined) continue;
      refuseIfHeld(found, attempt);
      removeStale(found, attempt);
    }
    throw new JournalError(`${path} comes and goes: others are starting to write ${output}; try again`);
  }

  /** Nothing happens where it is gone, or another's by now. */
  release(): void {
    if (contents(this.path, this.#appenders) === this.#text) this.#appenders.remove(this.path);
  }

  toString(): string {
    return `lock ${this.path}`;
  }
}

/** Linux tells when a process began; elsewhere a number that was given again looks like the one that is meant. */
export const systemProcesses: Processes = {
  pid: process.pid,
  host: hostname(),
  find(pid) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      // EPERM: it lives, and is another user's.
      if (codeOf(error) === 'ESRCH') return undefined;
    }
    const stat = systemText(`/proc/${pid}/stat`);
    if (stat === undefined) return { start: undefined };
    // The second field is the program's name in brackets, and may hold anything; the third is the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = systemText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
    return { start: `${boot}:${fields[19]}` };
  },
};

function claimed(path: string, text: string, appenders: Appenders): boolean {
  try {
    return appenders.claim(path, text);
  } catch (error) {
    throw new JournalError(
      `cannot make ${path}: ${messageOf(error)}; it keeps others from writing there at the same time: name an output in another folder with -o`,
      error,
    );
  }
}

/** Throws unless whoever made a lock with this text is dead. */
function refuseIfHeld(text: string, { path, output, processes }: Attempt): void {
  const holder = holderOf(text);
  if (holder === undefined) return;
  if (holder.host !== processes.host)
    throw new JournalError(
      `${output} is being written by process ${holder.pid} on ${holder.host}; if that has ended, delete its lock: rm ${path}`,
    );
  const found = processes.find(holder.pid);
  const reused = found?.start !== undefined && holder.start !== undefined && found.start !== holder.start;
  if (found === undefined || reused) return;
  if (holder.pid === processes.pid)
    throw new JournalError(
      `${output} is being written by another run of this very process; wait until that ends`,
    );
  throw new JournalError(
    `${output} is being written by process ${holder.pid}; wait until that ends, or stop it with: kill ${holder.pid} (if it is no flurry, delete the lock: rm ${path})`,
  );
}

/**
 * Two that find the same dead holder must not both go on: the second would remove the lock that the first has made by
 * then. So one at a time looks again, and removes only what it has judged. Only where a process has died within these
 * microseconds, its guard is removed without one.
 */
function removeStale(stale: string, attempt: Attempt): void {
  const { path, text, appenders } = attempt;
  const guard = `${path}.stale`;
  if (!claimed(guard, text, appenders)) {
    const found = contents(guard, appenders);
    if (found === undefined) return;
    refuseIfHeld(found, attempt);
    appenders.remove(guard);
    return;
  }
  try {
    if (contents(path, appenders) === stale) appenders.remove(path);
  } finally {
    appenders.remove(guard);
  }
}

/** Undefined for what no process has written to the end. */
function holderOf(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    return Number.isSafeInteger(holder?.pid) && typeof holder?.host === 'string'
      ? (holder as Holder)
      : undefined;
  } catch {
    return undefined;
  }
}

function contents(path: string, appenders: Appenders): string | undefined {
  const bytes = appenders.read(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

function systemText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
