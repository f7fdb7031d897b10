// Octets that must lie together and came in pieces. Whoever gathers bounds how many; room is made for those that came,
// never for those that were promised.

const FIRST_BYTES = 512;
/** A larger buffer is given back after its use: thousands of connections may each have had one. */
const IDLE_BYTES_MAX = 4096;
const NONE = Buffer.alloc(0);

export class Gathered {
  /** Valid up to the next `add` or `clear`; only the first `length` of them were gathered. */
  bytes: Buffer = NONE;
  length = 0;

  add(b: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      // By doubling, so that one octet at a time costs no more than all at once.
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    b.copy(this.bytes, this.length, start, end);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > IDLE_BYTES_MAX) this.bytes = NONE;
  }
}
