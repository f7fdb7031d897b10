// Bodies of requests: taken in whole before the answer, so that a connection can be used again. Keeps little, discards
// more, and never without a bound.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** Beyond this a body that a route wants is refused with 413, after it has been read. */
export const KEPT_BYTES_MAX = 1024 * 1024;
/** Beyond this no body is read on: 413 where its length is announced, else the connection ends. */
export const READ_BYTES_MAX = 1024 ** 3;

/** `endless`: longer than READ_BYTES_MAX. `too-large`: read, but longer than KEPT_BYTES_MAX. */
export type BodyResult = Buffer | 'too-large' | 'endless';

/** True where a field announces a body (RFC 9112 section 6.3). Reads the raw list: `headers` would parse all of them. */
export function announcesBody(request: IncomingMessage): boolean {
  const raw = request.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (name.length !== 14 && name.length !== 17) continue;
    const lower = name.toLowerCase();
    if (lower === 'transfer-encoding' || (lower === 'content-length' && raw[i + 1] !== '0')) return true;
  }
  return false;
}

/** Reads to the end, then calls once; not at all when the client leaves before. */
export function readBody(
  request: Readable & Pick<IncomingMessage, 'headers'>,
  keep: boolean,
  done: (result: BodyResult) => void,
  readBytesMax = READ_BYTES_MAX,
): void {
  if (Number(request.headers['content-length'] ?? 0) > readBytesMax) {
    done('endless');
    return;
  }
  let kept: Buffer[] = [];
  let bytes = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > readBytesMax && !over) {
      over = true;
      done('endless');
    }
    if (!keep) return;
    if (bytes <= KEPT_BYTES_MAX) kept.push(chunk);
    else kept = [];
  });
  request.on('end', () => {
    if (over) return;
    done(keep && bytes > KEPT_BYTES_MAX ? 'too-large' : Buffer.concat(kept));
  });
}
