// Finds where frames of Zstandard data (RFC 8878 section 3.1) end, octet by octet, without decoding. Needed because
// Node's decoder takes a truncated frame for a whole one (nodejs/node#64592, so in 22.23) and forgets frames behind
// the first (nodejs/node#64741), each in some versions only. Never checks what the blocks hold: the decoder does.

/**
 *     frame      magic(4) descriptor(1) rest of header(1–13) block… [checksum(4)]
 *     block      header(3): last(1 bit) type(2) size(21)     content(size, or 1 for a run)
 *     skippable  magic(4) size(4) content(size)
 */
type Field = 'magic' | 'descriptor' | 'block' | 'skippable-size' | 'end';

const FIELD_BYTES: Readonly<Record<Field, number>> = {
  magic: 4,
  descriptor: 1,
  block: 3,
  'skippable-size': 4,
  end: 0,
};
const MAGIC = 0xfd2fb528;
/** Sixteen magic numbers, the last four bits are free. */
const SKIPPABLE_MAGIC = 0x184d2a5;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const CHECKSUM_BYTES = 4;
const RUN_BLOCK = 1;

export class ZstdFrames {
  /** Frames that came to their end. */
  count = 0;
  /** True when what came is no frame; nothing moves any more. */
  broken = false;
  #field: Field = 'magic';
  #value = 0;
  #got = 0;
  /** Octets to pass over before the field. */
  #skip = 0;
  #checksum = false;

  /** True where one frame has ended, or none has begun. */
  get between(): boolean {
    return this.#field === 'magic' && this.#got === 0;
  }

  /** Moves through `bytes` to the end of the frame, or to their end; returns where that is. */
  advance(bytes: Uint8Array): number {
    let at = 0;
    while (!this.broken) {
      const passed = Math.min(this.#skip, bytes.length - at);
      at += passed;
      this.#skip -= passed;
      if (this.#skip > 0) return at;
      if (this.#field === 'end') {
        this.count++;
        this.#expect('magic', 0);
        return at;
      }
      if (at === bytes.length) return at;
      this.#value += bytes[at]! * 2 ** (8 * this.#got);
      at++;
      this.#got++;
      if (this.#got === FIELD_BYTES[this.#field]) this.#read(this.#field, this.#value);
    }
    return at;
  }

  #expect(field: Field, skip: number): void {
    this.#field = field;
    this.#skip = skip;
    this.#value = 0;
    this.#got = 0;
  }

  #read(field: Exclude<Field, 'end'>, value: number): void {
    switch (field) {
      case 'magic':
        if (value === MAGIC) return this.#expect('descriptor', 0);
        if (value >>> 4 === SKIPPABLE_MAGIC) return this.#expect('skippable-size', 0);
        this.broken = true;
        return;
      case 'skippable-size':
        return this.#expect('end', value);
      case 'descriptor':
        this.#checksum = (value & 4) !== 0;
        return this.#expect('block', headerRest(value));
      case 'block':
        return this.#readBlock(value);
    }
  }

  #readBlock(header: number): void {
    const last = (header & 1) !== 0;
    const size = ((header >> 1) & 3) === RUN_BLOCK ? 1 : header >> 3;
    if (last) this.#expect('end', size + (this.#checksum ? CHECKSUM_BYTES : 0));
    else this.#expect('block', size);
  }
}

/** Octets between the descriptor and the first block (RFC 8878 section 3.1.1.1). */
function headerRest(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const windowBytes = singleSegment ? 0 : 1;
  const contentSizeBytes = sizeFlag === 0 && singleSegment ? 1 : CONTENT_SIZE_BYTES[sizeFlag]!;
  return windowBytes + DICTIONARY_ID_BYTES[descriptor & 3]! + contentSizeBytes;
}
