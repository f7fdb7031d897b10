// A Blob or File as a body: read where it lies, as often as it is asked for.

import type { BodyReader, BodyStream } from '../model/body-stream.ts';
import { failingReader, PromisedReader } from './promised-reader.ts';
import { streamProducer } from './stream-producer.ts';

export class BlobBody implements BodyStream {
  readonly length: number;
  readonly replayable = true;
  readonly contentType: string | undefined;
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.#blob = blob;
    this.length = blob.size;
    this.contentType = blob.type === '' ? undefined : blob.type;
  }

  open(): BodyReader {
    try {
      return new PromisedReader(streamProducer(this.#blob.stream()));
    } catch (error) {
      return failingReader(error as Error);
    }
  }
}
