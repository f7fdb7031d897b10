// What of a source an earlier run has not done: the items at all other positions, with the indices that they have in it.

import type { Pulled, Source } from '../model/contracts.ts';
import { count } from '../model/text.ts';
import { type Skippable, skippable } from './skippable.ts';

/** Positions that are done. It may grow while the rest is pulled. */
export interface DonePositions {
  /** The least position from `position` on that is not of them. */
  nextGap(position: number): number;
}

/** Its count is that of the whole source, what is done included. For a source that has not been pulled yet. */
export function remaining(source: Source, done: DonePositions): Source {
  return new RemainingSource(source, done);
}

class RemainingSource implements Source {
  readonly #source: Skippable;
  readonly #done: DonePositions;
  /** The position that the source gives next. */
  #next = 0;

  constructor(source: Source, done: DonePositions) {
    this.#source = skippable(source);
    this.#done = done;
  }

  get count(): number | undefined {
    return this.#source.count;
  }

  get oneOrigin(): boolean | undefined {
    return this.#source.oneOrigin;
  }

  get positionOf(): ((index: number) => number) | undefined {
    return this.#source.positionOf;
  }

  get indexEnd(): number | undefined {
    return this.#source.indexEnd;
  }

  get onReady(): (() => void) | undefined {
    return this.#source.onReady;
  }

  set onReady(ready: (() => void) | undefined) {
    this.#source.onReady = ready;
  }

  pull(): Pulled {
    const wanted = this.#done.nextGap(this.#next);
    if (wanted > this.#next) {
      this.#source.skip(wanted - this.#next);
      this.#next = wanted;
    }
    const pulled = this.#source.pull();
    if (pulled.type === 'request' || pulled.type === 'failure') this.#next++;
    return pulled;
  }

  close(): void {
    this.#source.close();
  }

  toString(): string {
    return `what is left, next ${count(this.#next)}, of ${this.#source}`;
  }
}
