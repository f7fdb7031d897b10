// Requests that are handed in while the run goes on: beside, or in place of, those of another source. It numbers them so
// that no two items have one index. Decides nothing about when to end: it is told.

import { ENDED, type Pulled, type Source, WAITING } from '../model/contracts.ts';
import { Fifo } from '../model/fifo.ts';
import type { Request } from '../model/request.ts';

/** Of further ones it is known that they were asked for once they are answered. */
const SEEDS_MAX = 1_000;

export class FeedSource implements Source {
  /** The first requests of the inner source: links lead back to them. */
  readonly seeds: Request[] = [];
  readonly #inner: Source | undefined;
  readonly #fed = new Fifo<Request>();
  #onReady: (() => void) | undefined;
  /** Above every index that the inner source has given. */
  #innerEnd = 0;
  #fedGiven = 0;
  #innerEnded: boolean;
  #finished = false;
  #fedNext = false;
  /** Something was fed: from then on other origins and more requests may come. */
  #open = false;

  /** `inner`: what comes besides. */
  constructor(inner: Source | undefined) {
    this.#inner = inner;
    this.#innerEnded = inner === undefined;
  }

  get count(): number | undefined {
    return this.#open ? undefined : this.#inner?.count;
  }

  get oneOrigin(): boolean | undefined {
    return this.#open ? undefined : this.#inner?.oneOrigin;
  }

  get onReady(): (() => void) | undefined {
    return this.#onReady;
  }

  set onReady(ready: (() => void) | undefined) {
    this.#onReady = ready;
    if (this.#inner !== undefined) this.#inner.onReady = ready;
  }

  get positionOf(): ((index: number) => number) | undefined {
    return this.#inner?.positionOf;
  }

  get indexEnd(): number | undefined {
    return this.#inner?.indexEnd;
  }

  /** True when it has nothing to give, and only who feeds it could change that. */
  get exhausted(): boolean {
    return this.#innerEnded && this.#fed.length === 0;
  }

  /** Takes one more; false when it has been finished. It gets its index when it is pulled. */
  push(request: Request): boolean {
    if (this.#finished) return false;
    this.#open = true;
    this.#fed.push(request);
    this.#onReady?.();
    return true;
  }

  /** Nothing more will be fed: it ends when what it has is pulled. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#onReady?.();
  }

  pull(): Pulled {
    // In turn: an inner source that always has more would otherwise keep for ever, and let pile up, what was fed.
    this.#fedNext = !this.#fedNext && this.#fed.length > 0 && this.#mayGiveFed;
    if (!this.#innerEnded && !this.#fedNext) {
      const pulled = this.#inner!.pull();
      if (pulled.type === 'request') {
        if (this.seeds.length < SEEDS_MAX) this.seeds.push(pulled);
        return this.#ofInner(pulled);
      }
      if (pulled.type === 'failure') return this.#ofInner(pulled);
      if (pulled.type === 'ended') this.#innerEnded = true;
      else if (!this.#mayGiveFed) return WAITING;
    }
    const fed = this.#fed.shift();
    if (fed !== undefined) return this.#ofFed(fed);
    return this.#innerEnded && this.#finished ? ENDED : WAITING;
  }

  /** Where the input ends: what is fed is numbered from there on. Undefined where only its end will tell. */
  get #end(): number | undefined {
    return this.#inner?.indexEnd ?? this.#inner?.count;
  }

  /** The indices of a part of an input must stay what they are, and where they end is not known yet. */
  get #mayGiveFed(): boolean {
    return this.#innerEnded || this.#inner?.positionOf === undefined || this.#end !== undefined;
  }

  /** Where the end is not known, what was fed stands before all that follows, which moves up. */
  #ofInner<T extends { index: number }>(item: T): T {
    if (item.index >= this.#innerEnd) this.#innerEnd = item.index + 1;
    if (this.#fedGiven > 0 && this.#end === undefined) item.index += this.#fedGiven;
    return item;
  }

  #ofFed(request: Request): Request {
    request.index = (this.#end ?? this.#innerEnd) + this.#fedGiven++;
    return request;
  }

  close(): void {
    this.#finished = true;
    this.#inner?.close();
  }
}
