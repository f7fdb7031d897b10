// Items at random out of a source that is read as it comes: all of it is read before the first one is given, and no more
// than the sample is held. What is not of it is passed over, mostly without being made into requests.

import { ENDED, type Pulled, type Source } from '../model/contracts.ts';
import type { Failure } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { count } from '../model/text.ts';
import { Permutation } from './permutation.ts';
import { seededFraction, seededWords } from './seeded-words.ts';
import type { Part } from './selected-source.ts';
import { placeIn, sizeOf } from './shard.ts';
import { type Skippable, skippable } from './skippable.ts';

type Item = Request | Failure;

/**
 * A reservoir that knows how many items to pass over until one takes the place of another (algorithm L: K.-H. Li,
 * Reservoir-sampling algorithms of time complexity O(n(1 + log(N/n))), 1994).
 */
export class SampleOfStream implements Source {
  readonly #source: Skippable;
  readonly #size: number;
  readonly #seed: number;
  readonly #words: () => number;
  readonly #part: Pick<Part, 'most' | 'shard'>;
  #held: Item[] = [];
  /** What a new item's random number has to be below for it to become one of the sample: it falls with every one. */
  #threshold = 1;
  /** What is given, in its order; undefined until all is read. */
  #chosen: (Item | undefined)[] | undefined;
  readonly #positions = new Map<number, number>();
  #next = 0;

  /** `size` at least 1. Of the sample, `part` is given. */
  constructor(source: Source, size: number, seed: number, part: Pick<Part, 'most' | 'shard'>) {
    this.#source = skippable(source);
    this.#size = size;
    this.#seed = seed;
    this.#words = seededWords(seed);
    this.#part = part;
  }

  get count(): number | undefined {
    return this.#chosen?.length;
  }

  get oneOrigin(): boolean | undefined {
    return this.#source.oneOrigin;
  }

  readonly positionOf = (index: number): number => {
    const position = this.#positions.get(index);
    if (position === undefined) throw new RangeError(`${index} is not of the sample`);
    return position;
  };

  get onReady(): (() => void) | undefined {
    return this.#source.onReady;
  }

  set onReady(ready: (() => void) | undefined) {
    this.#source.onReady = ready;
  }

  pull(): Pulled {
    while (this.#chosen === undefined) {
      const pulled = this.#source.pull();
      if (pulled.type === 'waiting') return pulled;
      if (pulled.type === 'ended') this.#choose();
      else this.#take(pulled);
    }
    if (this.#next >= this.#chosen.length) return ENDED;
    const item = this.#chosen[this.#next]!;
    // It is held no longer than it has to be.
    this.#chosen[this.#next++] = undefined;
    return item;
  }

  skip(count: number): void {
    this.#next += count;
  }

  close(): void {
    this.#held = [];
    this.#chosen = [];
    this.#source.close();
  }

  toString(): string {
    const done =
      this.#chosen === undefined ? 'reading' : `at ${count(this.#next)} of ${count(this.#chosen.length)}`;
    return `sample ${done}, of ${this.#source}`;
  }

  #take(item: Item): void {
    const held = this.#held;
    if (held.length < this.#size) held.push(item);
    else held[Math.floor(this.#fraction() * held.length)] = item;
    if (held.length === this.#size) this.#passOver();
  }

  #passOver(): void {
    this.#threshold *= Math.exp(Math.log(this.#fraction()) / this.#size);
    const passed = Math.floor(Math.log(this.#fraction()) / Math.log1p(-this.#threshold));
    this.#source.skip(Math.min(passed, Number.MAX_SAFE_INTEGER));
  }

  #fraction(): number {
    return seededFraction(this.#words);
  }

  /** The reservoir is in no random order: who came early stays where it was. */
  #choose(): void {
    const held = this.#held;
    this.#held = [];
    const { most, shard } = this.#part;
    const length = sizeOf(shard, Math.min(held.length, most));
    const order = held.length === 0 ? undefined : new Permutation(held.length, this.#seed);
    this.#chosen = Array.from({ length }, (_, position) => held[order!.at(placeIn(shard, position))]!);
    for (const [position, item] of this.#chosen.entries()) this.#positions.set(item!.index, position);
  }
}
