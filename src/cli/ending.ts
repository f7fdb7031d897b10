// How a run ended: its exit code, and the one line that says why where it is not 0. Pure.

import type { StoppedBy } from '../engine/run.ts';
import { showMs } from '../model/option-kinds.ts';
import { count } from '../model/text.ts';
import { EXIT } from './exit-codes.ts';
import type { StopSignal } from './surroundings.ts';

export interface End {
  readonly signal: StopSignal | undefined;
  readonly stoppedBy: StoppedBy | undefined;
  /** Requests that have their outcome, and how many there would have been in all where that is known. */
  readonly requests: number;
  readonly expected: number | undefined;
  /** What each --fail-if that holds says, such as `p95>500ms holds: p95 is 612 ms`. */
  readonly held: readonly string[];
  readonly durationMs: number | undefined;
  /** What was left without an answer is sent when the run goes on. */
  readonly resumable: boolean;
  /** Requests that failed or were answered with 400 or more; undefined without --check-status. */
  readonly notOk: number | undefined;
}

export interface Ending {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Where there are several reasons, the gravest. */
export function endingOf(end: End): Ending {
  const { signal, stoppedBy, held, durationMs, notOk } = end;
  const reached = `after ${count(end.requests)}${end.expected === undefined ? '' : ` of ${count(end.expected)}`} requests`;
  if (signal !== undefined && stoppedBy === 'caller') {
    const code = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
    return { code, lines: [`interrupted ${reached}${end.resumable ? '' : '; each of them has its record'}`] };
  }
  if (held.length > 0) return { code: EXIT.threshold, lines: held.map((text) => `--fail-if ${text}`) };
  if (stoppedBy === 'duration') {
    return { code: EXIT.limit, lines: [`stopped by --duration ${showMs(durationMs ?? 0)} ${reached}`] };
  }
  if (stoppedBy === 'failures') {
    return { code: EXIT.limit, lines: [`stopped by failures ${reached} (--fail-early, --max-failures)`] };
  }
  if (notOk !== undefined && notOk > 0) {
    const share = `${count(notOk)} of ${count(end.requests)} requests`;
    return {
      code: EXIT.failures,
      lines: [`--check-status: ${share} failed or were answered with 400 or more`],
    };
  }
  return { code: EXIT.done, lines: [] };
}
