// The first items of a source that is read as it comes, or every n-th of them. The others are passed over without being
// made into requests; what stands behind the last one is not read.

import { ENDED, type Pulled, type Source } from '../model/contracts.ts';
import { count } from '../model/text.ts';
import { placeIn, positionIn, type Shard, sizeOf } from './shard.ts';
import { type Skippable, skippable } from './skippable.ts';

export class PartOfStream implements Source {
  readonly count: number | undefined;
  readonly oneOrigin: boolean | undefined;
  readonly positionOf: ((index: number) => number) | undefined;
  readonly indexEnd: number | undefined;
  readonly #source: Skippable;
  readonly #most: number;
  readonly #shard: Shard;
  #next = 0;
  /** The place that the source gives next. */
  #place = 0;

  /** `most`: so many of the source at most, of which `shard` is a part. */
  constructor(source: Source, most: number, shard: Shard) {
    this.#source = skippable(source);
    this.#most = most;
    this.#shard = shard;
    this.oneOrigin = source.oneOrigin;
    if (source.count !== undefined) this.count = sizeOf(shard, Math.min(source.count, most));
    if (shard.count === 1) return;
    this.indexEnd = source.count;
    this.positionOf = (index) => positionIn(shard, index);
  }

  get onReady(): (() => void) | undefined {
    return this.#source.onReady;
  }

  set onReady(ready: (() => void) | undefined) {
    this.#source.onReady = ready;
  }

  pull(): Pulled {
    const place = placeIn(this.#shard, this.#next);
    if (place >= this.#most) return ENDED;
    if (place > this.#place) {
      this.#source.skip(place - this.#place);
      this.#place = place;
    }
    const pulled = this.#source.pull();
    if (pulled.type === 'request' || pulled.type === 'failure') {
      this.#next++;
      this.#place++;
    }
    return pulled;
  }

  skip(count: number): void {
    this.#next += count;
  }

  close(): void {
    this.#source.close();
  }

  toString(): string {
    return `part of a stream, next ${count(this.#next)}, of ${this.#source}`;
  }
}
