// Seeded randomness: the same seed gives the same server. Good enough to play with; never for keys or passwords.

/** A generator of numbers that depends on its seed alone (mulberry32, 2^32 values before it repeats). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 random bits. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** From 0 up to, but not, 1. */
  next(): number {
    return this.bits() / 2 ** 32;
  }
}

/** Scatters a whole number over 32 bits, always the same way (the finaliser of MurmurHash3). */
export function scatter(n: number): number {
  // The upper half of a number beyond 2^32 would otherwise be lost in the shifts.
  let h = (n >>> 0) ^ Math.imul(Math.floor(n / 2 ** 32), 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Scatters a text over 32 bits, otherwise for every seed (FNV-1a over its UTF-16 units). */
export function scatterText(text: string, seed: number): number {
  let h = 0x811c9dc5 ^ scatter(seed);
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return scatter(h >>> 0);
}
