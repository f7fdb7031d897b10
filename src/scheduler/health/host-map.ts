// What is remembered of hosts, for so many of them. Every step O(1): who is forgotten is looked for among the oldest
// few, one that nothing is to be remembered of before others.

export interface Remembered {
  /** Forgotten and made anew it would be the same. */
  isAtRest(nowMs: number): boolean;
}

/** How many are looked at for each one that is added: more than one, so that what is at rest does not pile up. */
const LOOKS = 4;

export class HostMap<T extends Remembered> {
  readonly #max: number;
  readonly #make: (key: string) => T;
  readonly #hosts = new Map<string, T>();
  #lastKey: string | undefined;
  #last: T | undefined;

  /** `max`: no more than so many at a time; one that is not at rest is forgotten only for want of others. */
  constructor(max: number, make: (key: string) => T) {
    this.#max = max;
    this.#make = make;
  }

  get size(): number {
    return this.#hosts.size;
  }

  all(): Iterable<T> {
    return this.#hosts.values();
  }

  /** Only one that is remembered. */
  find(key: string): T | undefined {
    return this.#hosts.get(key);
  }

  of(key: string, nowMs: number): T {
    if (this.#last !== undefined && this.#lastKey === key) return this.#last;
    let host = this.#hosts.get(key);
    if (host === undefined) {
      if (this.#hosts.size >= this.#max) this.#forgetSome(nowMs);
      host = this.#make(key);
      this.#hosts.set(key, host);
    }
    this.#lastKey = key;
    this.#last = host;
    return host;
  }

  #forgetSome(nowMs: number): void {
    let looked = 0;
    let oldest: string | undefined;
    for (const [key, host] of this.#hosts) {
      if (looked++ === LOOKS) break;
      oldest ??= key;
      this.#hosts.delete(key);
      if (!host.isAtRest(nowMs)) this.#hosts.set(key, host);
      else if (key === oldest) oldest = undefined;
    }
    if (this.#hosts.size >= this.#max && oldest !== undefined) this.#hosts.delete(oldest);
  }
}
