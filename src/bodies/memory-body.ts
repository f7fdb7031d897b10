// A body whose octets are all in memory. Whoever can send those as they are finds them in `bytes`.

import type { BodyReader, BodyStream } from '../model/body-stream.ts';

export class MemoryBody implements BodyStream {
  readonly bytes: Uint8Array;
  readonly replayable = true;
  readonly contentType: string | undefined;

  constructor(bytes: Uint8Array, contentType: string | undefined) {
    this.bytes = bytes;
    this.contentType = contentType;
  }

  get length(): number {
    return this.bytes.length;
  }

  open(): BodyReader {
    let left: Uint8Array | undefined = this.bytes.length === 0 ? undefined : this.bytes;
    return {
      read(done) {
        const bytes = left;
        left = undefined;
        done(undefined, bytes);
      },
      close() {},
    };
  }
}
