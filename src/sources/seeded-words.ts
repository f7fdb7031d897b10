// Numbers that look random and follow from a seed alone: the same on every machine. Never for keys or passwords.

/** 32 random bits with each call (sfc32 of PractRand). A seed is a whole number below 2^53. */
export function seededWords(seed: number): () => number {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  // Until every bit of the seed has reached every bit of the state.
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** Between 0 and 1, never one of them: the middles of 2^52 equal steps. */
export function seededFraction(words: () => number): number {
  return ((words() >>> 6) * 2 ** 26 + (words() >>> 6) + 0.5) / 2 ** 52;
}
