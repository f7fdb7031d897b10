// What stands in a file of JSON Lines behind the last commit: whole records that a crash has left, which need not be
// made again. The output is its own journal there, up to the first line that is not whole.

import type { Files } from '../model/contracts.ts';

export interface TailRecord {
  readonly index: number;
  readonly outcome: 'ok' | 'response' | 'failure';
}

export interface Tail {
  /** Behind the last whole record. */
  readonly position: number;
  readonly records: readonly TailRecord[];
}

const READ_BYTES = 1024 * 1024;
const LINE_FEED = 10;

export async function jsonLinesTail(path: string, position: number, files: Files): Promise<Tail> {
  const records: TailRecord[] = [];
  if (!(await files.exists(path))) return { position, records };
  const file = await files.open(path, 'read');
  try {
    let rest = Buffer.alloc(0);
    let end = position;
    for (let at = position; ; ) {
      const read = await file.read(at, READ_BYTES);
      if (read.length === 0) return { position: end, records };
      at += read.length;
      const bytes = Buffer.concat([rest, read]);
      let start = 0;
      for (let feed = bytes.indexOf(LINE_FEED); feed !== -1; feed = bytes.indexOf(LINE_FEED, start)) {
        const record = recordIn(bytes.toString('utf8', start, feed));
        // With the power whole blocks may have been lost: what follows is not to be trusted.
        if (record === undefined) return { position: end, records };
        records.push(record);
        end += feed + 1 - start;
        start = feed + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    await file.close();
  }
}

/** A sync that failed has left what it could not write as if it were written: only what is written again is synced again. */
export async function writtenAgain(path: string, from: number, to: number, files: Files): Promise<void> {
  const file = await files.open(path, 'update');
  try {
    for (let at = from; at < to; at += READ_BYTES) {
      await file.write(await file.read(at, Math.min(READ_BYTES, to - at)), at);
    }
  } finally {
    await file.close();
  }
}

function recordIn(line: string): TailRecord | undefined {
  let record: { index?: unknown; status?: unknown; error?: unknown };
  try {
    record = JSON.parse(line) as typeof record;
  } catch {
    return undefined;
  }
  const { index, status, error } = record ?? {};
  if (!Number.isSafeInteger(index) || (index as number) < 0) return undefined;
  if (error !== undefined) return { index: index as number, outcome: 'failure' };
  const ok = typeof status === 'number' && status >= 200 && status < 300;
  return { index: index as number, outcome: ok ? 'ok' : 'response' };
}
