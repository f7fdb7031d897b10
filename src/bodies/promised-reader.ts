// A reader over whatever gives its octets by promises: a web stream, an iterator. Empty pieces are skipped, and what is
// neither octets nor text ends it with an error that says so.

import type { BodyReader } from '../model/body-stream.ts';

export interface Piece {
  readonly done?: boolean | undefined;
  readonly value?: unknown;
}

export interface Producer {
  /** The next piece. May throw or reject. */
  next(): PromiseLike<Piece> | Piece;
  /** No more is wanted. May throw or reject, which nobody hears. */
  cancel(): unknown;
}

type ReadDone = Parameters<BodyReader['read']>[0];

const encoder = new TextEncoder();

export class PromisedReader implements BodyReader {
  readonly #producer: Producer;
  #state: 'open' | 'ended' | 'closed' = 'open';

  constructor(producer: Producer) {
    this.#producer = producer;
  }

  read(done: ReadDone): void {
    if (this.#state === 'ended') done(undefined, undefined);
    else if (this.#state === 'open') this.#pull(done);
  }

  close(): void {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    if (wasOpen) this.#cancel();
  }

  #pull(done: ReadDone): void {
    this.#nextBytes().then(
      (bytes) => {
        if (this.#state === 'closed') return;
        if (bytes === undefined) this.#state = 'ended';
        done(undefined, bytes);
      },
      (error: unknown) => {
        if (this.#state === 'closed') return;
        this.#state = 'ended';
        done(toError(error), undefined);
      },
    );
  }

  async #nextBytes(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.#producer.next();
      if (done === true || this.#state === 'closed') return undefined;
      const bytes = typeof value === 'string' ? encoder.encode(value) : value;
      if (!(bytes instanceof Uint8Array)) {
        this.#cancel();
        throw new TypeError(`a body yields Uint8Arrays or text, not ${describe(value)}`);
      }
      if (bytes.length > 0) return bytes;
    }
  }

  #cancel(): void {
    try {
      Promise.resolve(this.#producer.cancel()).catch(() => {});
    } catch {
      // It was told; what it makes of that concerns no request any more.
    }
  }
}

/** A reader that has nothing to give but this error. */
export function failingReader(error: Error): BodyReader {
  return { read: (done) => done(error, undefined), close() {} };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  return value.constructor?.name ?? 'an object';
}
