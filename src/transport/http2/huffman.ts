// The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B), both ways. Strict: the symbol for the end of a
// string, padding of eight bits or more and padding that is not all ones are errors.

/** Bits of the code of each octet; the last one is EOS. The codes follow from it: those of one length count up in the
 *  order of their octets, and longer ones go on where shorter ones ended. */
// biome-ignore format: sixteen octets in a line, as a table of octets reads
const CODE_BITS = Uint8Array.of(
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
);
const EOS = 256;
const CODE_BITS_MAX = 30;
const CODES = codesOf(CODE_BITS);
/** Codes up to here fit into 32 bits behind what is left of the octet before. */
const WHOLE_BITS_MAX = 24;

/** The string holds the symbol for its end (section 5.2: a decoding error). */
export const HOLDS_EOS = -1;
/** It does not end in less than eight bits that are all ones. */
export const BAD_PADDING = -2;

// A step takes four bits, which end one code at most: the shortest has five. Each entry is
//
//     17        16      15 ... 8    7 ... 0
//   | faulty | emits | octet     | next state |
//
// and a state is a place inside of the code's tree, 0 its root: 256 states by 16 steps are 16 KiB. By eight bits they
// would be 256 KiB, more than stays near the processor between two responses.
const EMITS_SHIFT = 16;
const FAULTY = 1 << 17;
const STEPS = new Uint32Array(256 * 16);
/** 1 for states that a string may end in: only ones since the last code, and less than eight. */
const MAY_END = new Uint8Array(256);
fillSteps();

/** Longer ones, which are rare, get a buffer of their own. */
const SCRATCH = Buffer.allocUnsafeSlow(4096);

/** The text of octets in this code, one character for each octet, or HOLDS_EOS or BAD_PADDING. */
export function huffmanText(b: Buffer, start: number, end: number): string | number {
  // No code has less than five bits.
  const textBytesMax = ((end - start) * 8) / 5 + 1;
  const out = textBytesMax <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafeSlow(Math.ceil(textBytesMax));
  const length = decodeInto(b, start, end, out);
  return length < 0 ? length : out.toString('latin1', 0, length);
}

function decodeInto(b: Buffer, start: number, end: number, out: Buffer): number {
  let at = 0;
  let state = 0;
  let seen = 0;
  for (let pos = start; pos < end; pos++) {
    const octet = b[pos]!;
    let entry = STEPS[(state << 4) | (octet >>> 4)]!;
    // Written whether it is one or not, and written over if not: a branch here would be guessed wrong half of the time.
    out[at] = entry >>> 8;
    at += (entry >>> EMITS_SHIFT) & 1;
    seen |= entry;
    entry = STEPS[((entry & 0xff) << 4) | (octet & 15)]!;
    out[at] = entry >>> 8;
    at += (entry >>> EMITS_SHIFT) & 1;
    seen |= entry;
    state = entry & 0xff;
  }
  if ((seen & FAULTY) !== 0) return HOLDS_EOS;
  return MAY_END[state] === 1 ? at : BAD_PADDING;
}

/** How many octets a text of octets takes in this code. */
export function huffmanBytes(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += CODE_BITS[text.charCodeAt(i) & 0xff]!;
  return (bits + 7) >>> 3;
}

/** Writes a text of octets at `at` and returns the position behind it; -1 where that would take as many octets as the
 *  text itself or more. Up to its length and four octets may be written over in any case. */
export function huffmanWrite(text: string, out: Buffer, at: number): number {
  const stop = at + text.length;
  let pos = at;
  let pending = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i) & 0xff;
    let code = CODES[octet]!;
    let codeBits = CODE_BITS[octet]!;
    if (codeBits > WHOLE_BITS_MAX) {
      pending = (pending << (codeBits - 8)) | (code >>> 8);
      bits += codeBits - 8;
      for (; bits >= 8; bits -= 8) out[pos++] = pending >>> (bits - 8);
      code &= 0xff;
      codeBits = 8;
    }
    pending = (pending << codeBits) | code;
    bits += codeBits;
    for (; bits >= 8; bits -= 8) out[pos++] = pending >>> (bits - 8);
    if (pos >= stop) return -1;
  }
  if (bits > 0) out[pos++] = (pending << (8 - bits)) | (0xff >>> bits);
  return pos < stop ? pos : -1;
}

// ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────

function codesOf(lengths: Uint8Array): Uint32Array {
  const codes = new Uint32Array(lengths.length);
  let next = 0;
  for (let bits = 1; bits <= CODE_BITS_MAX; bits++) {
    next *= 2;
    for (let octet = 0; octet < lengths.length; octet++) {
      if (lengths[octet] === bits) codes[octet] = next++;
    }
  }
  return codes;
}

/** The tree of the code: for each inner node what a 0 and a 1 lead to; inner nodes as they are, leaves as -1 - octet. */
function treeOf(): Int16Array {
  const tree = new Int16Array(512);
  let nodes = 1;
  for (let octet = 0; octet <= EOS; octet++) {
    let node = 0;
    for (let bit = CODE_BITS[octet]! - 1; bit > 0; bit--) {
      const edge = node * 2 + ((CODES[octet]! >>> bit) & 1);
      if (tree[edge] === 0) tree[edge] = nodes++;
      node = tree[edge]!;
    }
    tree[node * 2 + (CODES[octet]! & 1)] = -1 - octet;
  }
  return tree;
}

function fillSteps(): void {
  const tree = treeOf();
  for (let state = 0; state < 256; state++) {
    for (let four = 0; four < 16; four++) {
      let node = state;
      let entry = 0;
      for (let bit = 3; bit >= 0; bit--) {
        const next = tree[node * 2 + ((four >>> bit) & 1)]!;
        node = Math.max(0, next);
        if (next === -1 - EOS) entry |= FAULTY;
        else if (next < 0) entry |= (1 << EMITS_SHIFT) | ((-1 - next) << 8);
      }
      STEPS[(state << 4) | four] = entry | node;
    }
  }
  let node = 0;
  for (let ones = 0; ones < 8; ones++) {
    MAY_END[node] = 1;
    node = tree[node * 2 + 1]!;
  }
}
