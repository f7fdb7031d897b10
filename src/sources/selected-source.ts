// A part of a source whose items can be asked for in any order, or all of them in another one. Each is computed when it is
// pulled, and so is its position: nothing is stored.

import { ENDED, type Pulled, type Source } from '../model/contracts.ts';
import type { Failure } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { count } from '../model/text.ts';
import type { Permutation } from './permutation.ts';
import { placeIn, positionIn, type Shard, sizeOf } from './shard.ts';

export interface Part {
  /** Of the source's own indices; undefined: as they are. */
  readonly order: Permutation | undefined;
  /** So many at most in that order, of which `shard` is a part. */
  readonly most: number;
  readonly shard: Shard;
}

export class SelectedSource implements Source {
  readonly count: number;
  readonly oneOrigin: boolean | undefined;
  readonly positionOf: ((index: number) => number) | undefined;
  readonly indexEnd: number | undefined;
  readonly #source: Source;
  readonly #pick: (index: number) => Request | Failure;
  readonly #part: Part;
  #next = 0;

  /** `pick` gives the item of an index below the source's count, each once. */
  constructor(source: Source, pick: (index: number) => Request | Failure, part: Part) {
    const { order, most, shard } = part;
    const whole = source.count ?? 0;
    this.count = sizeOf(shard, Math.min(whole, most));
    this.oneOrigin = source.oneOrigin;
    this.#source = source;
    this.#pick = pick;
    this.#part = part;
    if (order === undefined && shard.count === 1) return;
    this.indexEnd = whole;
    this.positionOf = (index) => positionIn(shard, order === undefined ? index : order.placeOf(index));
  }

  get onReady(): (() => void) | undefined {
    return this.#source.onReady;
  }

  set onReady(ready: (() => void) | undefined) {
    this.#source.onReady = ready;
  }

  pull(): Pulled {
    if (this.#next >= this.count) return ENDED;
    const { order, shard } = this.#part;
    const place = placeIn(shard, this.#next++);
    return this.#pick(order === undefined ? place : order.at(place));
  }

  skip(count: number): void {
    this.#next = Math.min(this.count, this.#next + count);
  }

  close(): void {
    this.#next = this.count;
    this.#source.close();
  }

  toString(): string {
    return `selection at ${count(this.#next)} of ${count(this.count)}, of ${this.#source}`;
  }
}
