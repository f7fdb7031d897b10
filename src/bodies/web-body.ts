// Whatever `fetch` takes as a body, and what Node has besides, as octets to send. Nothing is read before it is opened.

import { Readable } from 'node:stream';
import { type BodyReader, type BodyStream, isBodyStream } from '../model/body-stream.ts';
import type { Content } from '../model/request.ts';
import { BlobBody } from './blob-body.ts';
import { isBlob, isFormData } from './brands.ts';
import { MemoryBody } from './memory-body.ts';
import { formDataBody } from './multipart.ts';
import { failingReader, type Producer, PromisedReader } from './promised-reader.ts';
import { iteratorProducer, streamProducer } from './stream-producer.ts';

const encoder = new TextEncoder();

/**
 * Octets with the media type that fetch gives them (WHATWG Fetch, "extract a body"). Throws TypeError for what is no
 * body, and for a stream that somebody reads or has read.
 */
export function webBody(body: unknown): Content {
  if (typeof body === 'string') {
    return { body: encoder.encode(body), contentType: 'text/plain;charset=UTF-8' };
  }
  if (typeof body !== 'object' || body === null) throw noBody(body);
  if (body instanceof Uint8Array) return { body };
  if (ArrayBuffer.isView(body)) {
    return { body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
  }
  if (body instanceof ArrayBuffer || isShared(body)) return { body: new Uint8Array(body) };
  if (body instanceof URLSearchParams) {
    const contentType = 'application/x-www-form-urlencoded;charset=UTF-8';
    return { body: encoder.encode(body.toString()), contentType };
  }
  if (isFormData(body)) return contentOfStream(formDataBody(body));
  if (isBlob(body)) return contentOfStream(new BlobBody(body));
  if (isBodyStream(body)) return contentOfStream(body);
  return contentOfStream(streamed(body));
}

/** What is in memory goes out as bytes: with the head, in one write. */
export function contentOfStream(stream: BodyStream): Content {
  const { contentType } = stream;
  const type = contentType === undefined ? {} : { contentType };
  return stream instanceof MemoryBody ? { body: stream.bytes, ...type } : { stream, ...type };
}

function streamed(body: object): BodyStream {
  if ('getReader' in body && typeof body.getReader === 'function') {
    const stream = body as ReadableStream<unknown>;
    if (stream.locked) throw new TypeError('the body is a stream that somebody else reads (it is locked)');
    refuseDisturbed(stream);
    return new OnceBody('stream', () => streamProducer(stream));
  }
  if (!(Symbol.asyncIterator in body)) throw noBody(body);
  const items = body as AsyncIterable<unknown>;
  refuseDisturbed(items);
  holdErrors(items);
  return new OnceBody('iterable', () => iteratorProducer(items));
}

function refuseDisturbed(stream: object): void {
  if (Readable.isDisturbed(stream as Readable))
    throw new TypeError('the body is a stream that was read before');
}

/** A stream of Node's that fails before its request is sent keeps its error for the reader; unheard it would end the process. */
function holdErrors(items: object): void {
  if (items instanceof Readable) items.on('error', () => {});
}

function isShared(body: object): body is SharedArrayBuffer {
  return typeof SharedArrayBuffer !== 'undefined' && body instanceof SharedArrayBuffer;
}

/** A body that its producer gives once. */
class OnceBody implements BodyStream {
  readonly length = undefined;
  readonly replayable = false;
  readonly contentType = undefined;
  readonly #kind: string;
  readonly #produce: () => Producer;
  #opened = false;

  constructor(kind: string, produce: () => Producer) {
    this.#kind = kind;
    this.#produce = produce;
  }

  open(): BodyReader {
    if (this.#opened)
      return failingReader(new TypeError(`the body is a ${this.#kind} and can be read only once`));
    this.#opened = true;
    try {
      return new PromisedReader(this.#produce());
    } catch (error) {
      return failingReader(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function noBody(body: unknown): TypeError {
  const kinds = 'text, bytes, a Blob, FormData, URLSearchParams, a stream or fileBody(path)';
  return new TypeError(`a body is ${kinds}, not ${describe(body)}; for JSON use json`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : typeof value;
}
