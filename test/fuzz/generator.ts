// Damaged inputs out of good ones, the same for the same seed.

/** mulberry32: small, and good enough to choose where to cut. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below n. */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * n);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Octets and pieces that mean something to one parser or another. */
const NASTY = [
  ...'\0\t\n\r !"#%&\'()*+,-./0159:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\x85\xa0\xc3\xff',
  ...[
    '\r\n',
    '\r\n\r\n',
    '\r\n ',
    '\n\t',
    '""',
    '\\"',
    '--',
    '//',
    '://',
    '..',
    '%00',
    '%0d%0a',
    '%2e%2e',
    '%',
  ],
  ...[
    '0x1',
    '-1',
    '+1',
    '1e9',
    '00',
    '4294967296',
    '9007199254740993',
    '18446744073709551616',
    'ffffffffffffffff',
  ],
  ...[
    '\xef\xbb\xbf',
    '\xc3\xa9',
    '\xe2\x80\xa8',
    '\xed\xa0\x80',
    '\xf0\x9f\x98\x80',
    '\xc3',
    'NaN',
    '__proto__',
  ],
];
const LENGTH_MAX = 4096;

/** One of the corpus, changed in a few places: cut, doubled, mixed with another, octets put in, taken out, turned. */
export function mutated(corpus: readonly string[], words: readonly string[], random: Random): string {
  let text = random.of(corpus);
  for (let changes = 1 + random.below(5); changes > 0; changes--) text = changed(text, corpus, words, random);
  return text.length > LENGTH_MAX ? text.slice(0, LENGTH_MAX) : text;
}

function changed(text: string, corpus: readonly string[], words: readonly string[], random: Random): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + random.below(random.below(4) === 0 ? 64 : 4));
  switch (random.below(9)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, at) + random.of(NASTY) + text.slice(to);
    case 2:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 3:
      return text.slice(0, to) + text.slice(at);
    case 4:
      return text.slice(0, at) + text.slice(at, to).repeat(random.below(40)) + text.slice(to);
    case 5: {
      const other = random.of(corpus);
      return text.slice(0, at) + other.slice(random.below(other.length + 1));
    }
    case 6:
      return text.slice(0, at);
    case 7:
      return (
        text.slice(0, at) + text.slice(at, to).replace(/[a-z]/g, (c) => c.toUpperCase()) + text.slice(to)
      );
    default:
      return text.slice(0, at) + random.of(words.length === 0 ? NASTY : words) + text.slice(to);
  }
}

/** The shortest that this finds by leaving pieces out, and still fails. */
export async function shortened(text: string, fails: (text: string) => Promise<boolean>): Promise<string> {
  let shortest = text;
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < shortest.length; ) {
      const less = shortest.slice(0, at) + shortest.slice(at + size);
      if (await fails(less)) shortest = less;
      else at += size;
    }
  }
  return shortest;
}
