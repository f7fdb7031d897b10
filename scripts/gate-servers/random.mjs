// Numbers that a seed decides, so that two runs of the gate ask the same. Knows nothing of HTTP.

/** Mulberry32: thirty-two bits of state are plenty for choosing requests. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  #bits() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number from 0 to n - 1. */
  below(n) {
    return Math.floor((this.#bits() / 2 ** 32) * n);
  }

  /** From `from` to `to`, both included. */
  between(from, to) {
    return from + this.below(to - from + 1);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** One of the list, each as likely as its weight says. */
  weighted(list) {
    let left = this.below(list.reduce((sum, one) => sum + one.weight, 0));
    for (const one of list) {
      left -= one.weight;
      if (left < 0) return one;
    }
    throw new Error('a list without weights');
  }

  bytes(length) {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) words[i] = this.#bits();
    return Buffer.from(words.buffer, 0, length);
  }
}
