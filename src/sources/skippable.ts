// Passing over items of any source, also of one that cannot do it itself: then they are pulled and dropped.

import type { Pulled, Source } from '../model/contracts.ts';

export type Skippable = Source & Required<Pick<Source, 'skip'>>;

export function skippable(source: Source): Skippable {
  return typeof source.skip === 'function' ? (source as Skippable) : new Dropping(source);
}

class Dropping implements Skippable {
  readonly #source: Source;
  #toDrop = 0;

  constructor(source: Source) {
    this.#source = source;
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
    for (; this.#toDrop > 0; this.#toDrop--) {
      const pulled = this.#source.pull();
      if (pulled.type === 'waiting' || pulled.type === 'ended') return pulled;
    }
    return this.#source.pull();
  }

  skip(count: number): void {
    this.#toDrop += count;
  }

  close(): void {
    this.#source.close();
  }

  toString(): string {
    return String(this.#source);
  }
}
