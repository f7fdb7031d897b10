// The body of a fetch as octets to send, with the rules that the Fetch Standard has for it beyond those of every
// request: what it takes for text, what needs `duplex`, and a Request whose body only its stream tells.

import { webBody } from '../../bodies/web-body.ts';
import { isBodyStream } from '../../model/body-stream.ts';
import type { Clock } from '../../model/contracts.ts';
import { InvalidRequest } from '../../model/invalid.ts';
import type { Content } from '../../model/request.ts';

/** What has a meaning of its own as a body; all else is taken as text. */
const KNOWN =
  /^\[object (?:ArrayBuffer|SharedArrayBuffer|Blob|File|FormData|URLSearchParams|ReadableStream)\]$/;

/** Of `init.body`. Throws TypeError for what cannot be sent, a stream that is in use among it. */
export function contentOfInit(body: unknown, duplex: unknown): Content {
  if (typeof body !== 'object' || body === null || !isKnown(body)) return webBody(String(body));
  // The caller may change his own once the call has returned.
  if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) return { body: copied(webBody(body).body!) };
  if (duplex === undefined && isRaw(body)) {
    throw new TypeError('RequestInit: duplex option is required when sending a body.');
  }
  return webBody(body);
}

function isKnown(body: object): boolean {
  return (
    ArrayBuffer.isView(body) ||
    Symbol.asyncIterator in body ||
    isBodyStream(body) ||
    KNOWN.test(Object.prototype.toString.call(body))
  );
}

/** A stream or an iterable: read once, of unknown length. */
function isRaw(body: object): boolean {
  return Symbol.asyncIterator in body;
}

function copied(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

/** The content with the length that the caller's Content-Length says. Throws where that is not its length. */
export function withLength(content: Content | undefined, text: string): Content | undefined {
  const { body, stream } = content ?? {};
  // As Node's fetch does: without a body there is nothing that it could be the length of.
  if (content === undefined) return undefined;
  const length = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  const known = body === undefined ? stream?.length : body.length;
  if (length === known) return content;
  if (known !== undefined || !Number.isSafeInteger(length)) {
    const actual = known === undefined ? 'of a length that only its end will tell' : `${known} bytes`;
    throw new InvalidRequest(
      `Content-Length is ${JSON.stringify(text.slice(0, 40))}, but the body is ${actual}`,
    );
  }
  const { replayable, contentType } = stream!;
  return { ...content, stream: { length, replayable, contentType, open: () => stream!.open() } };
}

// ── the body of a Request ─────────────────────────────────────────────────────────────────────────────────────

/** So much of it is read into memory first. */
const COLLECTED_BYTES_MAX = 1024 * 1024;
/** For so long, at most: what takes longer is being produced, and its peer may be waiting for the beginning. */
const PATIENCE_MS = 20;

type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

/**
 * A Request does not tell what its body was made of, only its stream. Text, bytes and forms are there at once: they go
 * out with their length, and a redirect may ask for them again. What is larger or slower goes out as it comes.
 */
export async function contentOfRequest(body: ReadableStream<Uint8Array>, clock: Clock): Promise<Content> {
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let stopWaiting = (): void => {};
  const late = new Promise<undefined>((resolve) => {
    stopWaiting = clock.after(PATIENCE_MS, () => resolve(undefined));
  });
  try {
    while (bytes <= COLLECTED_BYTES_MAX) {
      const next = reader.read();
      const read = await Promise.race([next, late]);
      if (read === undefined) return webBody(restOf(reader, pieces, next));
      if (read.done) return { body: Buffer.concat(pieces, bytes) };
      pieces.push(octets(read.value));
      bytes += read.value.length;
    }
    return webBody(restOf(reader, pieces, undefined));
  } finally {
    stopWaiting();
  }
}

/** What was read already, then the rest. */
function restOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  pieces: Uint8Array[],
  underWay: Promise<Read> | undefined,
): ReadableStream<Uint8Array> {
  let next = underWay;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = pieces.shift();
        if (piece !== undefined) return controller.enqueue(piece);
        const read = await (next ?? reader.read());
        next = undefined;
        if (read.done) controller.close();
        else controller.enqueue(octets(read.value));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function octets(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('the body of a Request yields Uint8Arrays alone');
}
