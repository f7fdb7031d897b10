// The framing of request bodies in HTTP/1.1 (RFC 9112 section 6): as they are under a length, else in chunks. Every piece
// is one write. Knows nothing of where bodies come from.

import type { Wire } from '../../model/contracts.ts';
import type { Request } from '../../model/request.ts';
import type { BodyDrain } from '../upload.ts';

const LINE_END = Buffer.from('\r\n');
const LAST_CHUNK = '0\r\n\r\n';

/** One for all bodies of a connection, one after another. */
export class BodyFraming implements BodyDrain {
  readonly #wire: Wire;
  /** What leaves in front of the first octets, in one write with them. */
  #head = '';
  #chunked = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** A body begins; `head`: empty where that is out. False: the wire takes no more for now. */
  begin(request: Request, head: string): boolean {
    const { stream } = request;
    this.#chunked = stream !== undefined && stream.length === undefined;
    if (stream === undefined) {
      this.#head = head;
      return true;
    }
    // Its producer may take its time, and the peer can make use of the head meanwhile.
    return head === '' || this.#wire.write(head, undefined);
  }

  give(bytes: Uint8Array): boolean {
    const head = this.#head;
    this.#head = '';
    if (!this.#chunked) return this.#wire.write(head, bytes);
    const size = Buffer.from(`${bytes.length.toString(16)}\r\n`);
    return this.#wire.write('', Buffer.concat([size, bytes, LINE_END]));
  }

  end(): void {
    if (this.#chunked) this.#wire.write(LAST_CHUNK, undefined);
  }
}
