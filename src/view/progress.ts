// Progress while a run goes: a live area on a terminal, a line every ten seconds anywhere else.
// It asks for a snapshot at its own pace, so it costs nothing per request. Writes only to the output it is given.

import type { Snapshot } from '../metrics/snapshot.ts';
import type { Clock } from '../model/contracts.ts';
import { frameLines, lastLines, plainLine } from './frame.ts';
import { RecentRate } from './rate.ts';
import {
  animates,
  colors,
  columnsOf,
  type Environment,
  LiveArea,
  type Paint,
  paintFor,
  type TerminalOutput,
} from './terminal.ts';

/** Eight frames a second: smooth to the eye, and about a thousandth of a core. */
const FRAME_INTERVAL_MS = 125;
const LINE_INTERVAL_MS = 10_000;

export interface ProgressParts {
  /** Standard error: standard output is data only. */
  readonly output: TerminalOutput;
  readonly clock: Clock;
  readonly env: Environment;
  readonly snapshot: () => Snapshot;
}

export class Progress {
  readonly #output: TerminalOutput;
  readonly #clock: Clock;
  readonly #snapshot: () => Snapshot;
  readonly #paint: Paint;
  /** Undefined where nothing may be redrawn. */
  readonly #area: LiveArea | undefined;
  readonly #rate = new RecentRate();
  #state: 'new' | 'going' | 'stopped' = 'new';
  #cancel: (() => void) | undefined;

  constructor(parts: ProgressParts) {
    this.#output = parts.output;
    this.#clock = parts.clock;
    this.#snapshot = parts.snapshot;
    this.#paint = paintFor(colors(parts.output, parts.env));
    this.#area = animates(parts.output, parts.env) ? new LiveArea(parts.output) : undefined;
  }

  /** The first frame comes after one interval: a run that is over by then shows its summary alone. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'going';
    this.#schedule();
  }

  /** Leaves one clean line and the cursor as it was. At once, so it may be called when the process exits; twice is fine. */
  stop(): void {
    this.#state = 'stopped';
    this.#cancel?.();
    this.#area?.close(lastLines(this.#snapshot(), columnsOf(this.#output), this.#paint));
  }

  /** Writes a line for people without tearing the frame, which is drawn again below it. */
  print(line: string): void {
    this.#area?.erase();
    this.#output.write(`${line}\n`);
  }

  toString(): string {
    return `progress ${this.#state} ${this.#area === undefined ? 'in lines' : 'in place'}`;
  }

  #schedule(): void {
    const intervalMs = this.#area === undefined ? LINE_INTERVAL_MS : FRAME_INTERVAL_MS;
    this.#cancel = this.#clock.after(intervalMs, () => {
      this.#show();
      this.#schedule();
    });
  }

  #show(): void {
    const snapshot = this.#snapshot();
    const ratePerSecond = this.#rate.add(snapshot.wallMs, snapshot.requests);
    if (this.#area === undefined) {
      this.#output.write(`${plainLine(snapshot, ratePerSecond)}\n`);
    } else {
      this.#area.draw(frameLines(snapshot, ratePerSecond, columnsOf(this.#output), this.#paint));
    }
  }
}
