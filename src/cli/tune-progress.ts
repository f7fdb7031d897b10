// How far an experiment is, on standard error: one line that is redrawn on a terminal, one line for each stage elsewhere.

import type { TuneStep } from '../engine/tune.ts';
import { count } from '../model/text.ts';
import { animates, columnsOf, LiveArea } from '../view/terminal.ts';
import type { Surroundings } from './surroundings.ts';

const BAR_WIDTH = 24;

export class TuneProgress {
  readonly #around: Surroundings;
  readonly #requests: number;
  readonly #trials: number;
  readonly #area: LiveArea | undefined;
  #stage = '';

  constructor(around: Surroundings, { requests, trials }: { requests: number; trials: number }) {
    this.#around = around;
    this.#requests = requests;
    this.#trials = trials;
    this.#area = animates(around.stderr, around.env) ? new LiveArea(around.stderr) : undefined;
  }

  readonly step = (step: TuneStep): void => {
    const stage = this.#stageOf(step);
    if (this.#area !== undefined) {
      const filled = Math.min(BAR_WIDTH, Math.floor((BAR_WIDTH * step.played) / step.planned));
      const bar = '━'.repeat(filled) + '─'.repeat(BAR_WIDTH - filled);
      const text = `${bar}  ${stage}, ${count(step.size)} in flight  ${this.#sent(step)}`;
      this.#area.draw([text.slice(0, columnsOf(this.#around.stderr) - 1)]);
    } else if (stage !== this.#stage) {
      this.#around.stderr.write(`${stage}; ${this.#sent(step)}\n`);
    }
    this.#stage = stage;
  };

  #sent({ sent }: TuneStep): string {
    return `${count(sent)} of at most ${count(this.#requests)} requests`;
  }

  #stageOf({ phase, round }: TuneStep): string {
    switch (phase) {
      case 'look':
        return 'a first look';
      case 'rounds':
        return `round ${round} of ${this.#trials}`;
      case 'refine':
        return `around the knee, ${round} of ${this.#trials}`;
      case 'auto':
        return 'trying auto';
      default:
        return phase satisfies never;
    }
  }

  print(line: string): void {
    this.#area?.erase();
    this.#around.stderr.write(`${line}\n`);
  }

  /** Leaves nothing behind, and the cursor as it was; twice is fine. */
  stop(): void {
    this.#area?.close([]);
  }
}
