// Several bodies as one, opened one behind the other.

import type { BodyReader, BodyStream } from '../model/body-stream.ts';

export class ConcatenatedBody implements BodyStream {
  readonly length: number | undefined;
  readonly replayable: boolean;
  readonly contentType: string;
  readonly #bodies: readonly BodyStream[];

  constructor(bodies: readonly BodyStream[], contentType: string) {
    this.#bodies = bodies;
    this.contentType = contentType;
    this.replayable = bodies.every((body) => body.replayable);
    this.length = bodies.reduce<number | undefined>(
      (sum, { length }) => (sum === undefined || length === undefined ? undefined : sum + length),
      0,
    );
  }

  open(): BodyReader {
    return new ConcatenatedReader(this.#bodies);
  }
}

class ConcatenatedReader implements BodyReader {
  readonly #bodies: readonly BodyStream[];
  #next = 0;
  #reader: BodyReader | undefined;
  #closed = false;

  constructor(bodies: readonly BodyStream[]) {
    this.#bodies = bodies;
  }

  read(done: Parameters<BodyReader['read']>[0]): void {
    if (this.#closed) return;
    this.#reader ??= this.#bodies[this.#next++]?.open();
    const reader = this.#reader;
    if (reader === undefined) return done(undefined, undefined);
    reader.read((error, bytes) => {
      if (error !== undefined || bytes !== undefined) return done(error, bytes);
      reader.close();
      this.#reader = undefined;
      this.read(done);
    });
  }

  close(): void {
    this.#closed = true;
    this.#reader?.close();
  }
}
