// What an input is known by, so that a run is not gone on with over another one. Reads a little of it, and nothing
// of what can be read only once.

import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';

/** So much is looked at, at its beginning and at its end. */
const LOOKED_AT_BYTES = 64 * 1024;

/** What comes out of it is not known before; whoever goes on is trusted to give the same. */
export const A_STREAM = 'a stream';

/** A file by its size and what stands at both ends: to read all of it would take as long as to begin. */
export async function knownFile(path: string): Promise<string> {
  // A pipe: `-i <(…)`. What is read of it is gone, and to open it may take until somebody writes.
  if (!(await stat(path)).isFile()) return A_STREAM;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const hash = createHash('sha256');
    for (const at of [0, Math.max(LOOKED_AT_BYTES, size - LOOKED_AT_BYTES)]) {
      if (at >= size && at > 0) continue;
      const buffer = Buffer.alloc(Math.min(LOOKED_AT_BYTES, size - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return `${size} bytes, ${hash.digest('hex').slice(0, 12)}`;
  } finally {
    await file.close();
  }
}

/** Of a list so many items are looked at, at its beginning and at its end. */
const LOOKED_AT_ITEMS = 100;

export function knownArray(items: readonly unknown[]): string {
  const ends = [...items.slice(0, LOOKED_AT_ITEMS), ...items.slice(-LOOKED_AT_ITEMS)];
  const text = JSON.stringify(ends.map((item) => (item instanceof URL ? item.href : item)));
  return `${items.length} items, ${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
