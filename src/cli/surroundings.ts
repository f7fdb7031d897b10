// What the command line has of the world around it: streams, variables, signals, time. Everything else in this room
// takes it from here, so that tests can give another. Decides nothing.

import { isatty } from 'node:tty';
import { systemClock } from '../model/clock.ts';
import type { Clock } from '../model/contracts.ts';
import type { Environment, TerminalOutput } from '../view/terminal.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface Surroundings {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: TerminalOutput;
  readonly stderr: TerminalOutput;
  /** Standard input is a terminal: nobody has piped anything in. */
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly env: Environment;
  /** Where the project's config file is looked for. */
  readonly folder: string;
  readonly clock: Clock;
  /** Hears every signal that asks the program to stop, in place of the system's way of ending it; until called back. */
  onSignal(hear: (signal: StopSignal) => void): () => void;
  /** Called when the process exits, whatever ends it; until called back. */
  onExit(call: () => void): () => void;
}

export function processSurroundings(): Surroundings {
  return {
    // Each stream is made when it is first asked for: one takes up to 2 ms, and a quiet run over URLs needs none of them.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return quietWhenClosed(process.stdout);
    },
    get stderr() {
      return quietWhenClosed(process.stderr);
    },
    stdinIsTerminal: isatty(0),
    stdoutIsTerminal: isatty(1),
    env: process.env,
    folder: process.cwd(),
    clock: systemClock,
    onSignal(hear) {
      const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];
      const listener = (signal: NodeJS.Signals) => hear(signal as StopSignal);
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    onExit(call) {
      process.once('exit', call);
      return () => process.off('exit', call);
    },
  };
}

/** A reader that has seen enough, such as `head`, is no error; without a listener it would end the process as one. */
function quietWhenClosed(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  return stream;
}

function ignore(): void {}
