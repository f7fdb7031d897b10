// The command line as a process of its own, where pipes, signals and exit codes are the system's.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { inject } from 'vitest';

export interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves as soon as standard error holds the text; rejects when the process ends before. */
  said(text: string): Promise<void>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ChildOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Standard output is left unread until somebody reads it. */
  readonly unread?: boolean;
}

export function start(argv: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(process.execPath, [inject('flurryBin'), ...argv], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], XDG_CONFIG_HOME: '/nonexistent', ...options.env },
  });
  const stderr = new Heard();
  let stdout = '';
  if (options.unread !== true)
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.add(text));
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    const event = options.unread === true ? 'exit' : 'close';
    child.once(event, (code, signal) => {
      stderr.end();
      resolve({ code, signal });
    });
  });
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr.text,
    said: (text) => stderr.until(text),
    ended,
  };
}

export async function run(argv: readonly string[], options: ChildOptions = {}) {
  const child = start(argv, options);
  const { code } = await child.ended;
  return { code, stdout: child.stdout(), stderr: child.stderr() };
}

class Heard {
  text = '';
  #waiters: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];

  add(text: string): void {
    this.text += text;
    for (const waiter of this.#waiters) if (this.text.includes(waiter.text)) waiter.resolve();
  }

  end(): void {
    for (const { text, reject } of this.#waiters) reject(new Error(`ended without "${text}": ${this.text}`));
  }

  until(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.text.includes(text)) resolve();
      else this.#waiters.push({ text, resolve, reject });
    });
  }
}
