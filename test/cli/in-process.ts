// The command line within the test's own process: what it writes is caught, what it asks the system for is given to it.
// Records that go to standard output need a process of their own (child.ts).

import { Readable } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { StopSignal, Surroundings } from '../../src/cli/surroundings.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { Clock } from '../../src/model/contracts.ts';

export interface World {
  readonly env?: Record<string, string>;
  readonly folder?: string;
  /** What is piped in; without it standard input is a terminal. */
  readonly stdin?: string;
  readonly clock?: Clock;
  readonly stdoutIsTerminal?: boolean;
  readonly stderrIsTerminal?: boolean;
}

export interface Caught {
  readonly around: Surroundings;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** As Ctrl-C or kill do; false where nobody hears it, so that it would end the process. */
  signal(name: StopSignal): boolean;
  /** Resolves as soon as standard error holds the text. */
  said(text: string): Promise<void>;
}

/** Neither this machine's variables nor its config files. */
const NOWHERE = '/nonexistent';

export function surroundings(world: World = {}): Caught {
  const stdout = new Screen(world.stdoutIsTerminal ?? false);
  const stderr = new Screen(world.stderrIsTerminal ?? false);
  const hearers = new Set<(signal: StopSignal) => void>();
  const around: Surroundings = {
    stdin: Readable.from(world.stdin === undefined ? [] : [Buffer.from(world.stdin)]),
    stdout,
    stderr,
    stdinIsTerminal: world.stdin === undefined,
    stdoutIsTerminal: stdout.isTTY,
    env: { XDG_CONFIG_HOME: NOWHERE, ...world.env },
    folder: world.folder ?? NOWHERE,
    clock: world.clock ?? systemClock,
    onSignal(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    onExit: () => () => {},
  };
  return {
    around,
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    signal(name) {
      const heard = hearers.size > 0;
      for (const hear of [...hearers]) hear(name);
      return heard;
    },
    said: (text) => stderr.until(text),
  };
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function flurry(argv: readonly string[], world: World = {}): Promise<Ended> {
  const caught = surroundings(world);
  const code = await main(argv, caught.around);
  return { code, stdout: caught.stdout(), stderr: caught.stderr() };
}

class Screen {
  readonly isTTY: boolean;
  readonly columns = 80;
  text = '';
  #waiters: { text: string; resolve: () => void }[] = [];

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!this.text.includes(waiter.text)) return true;
      waiter.resolve();
      return false;
    });
  }

  until(text: string): Promise<void> {
    if (this.text.includes(text)) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ text, resolve }));
  }
}
