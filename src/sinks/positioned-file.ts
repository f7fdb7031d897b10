// Opens the file of a sink: anew, or cut back to the position that a commit of an earlier run told. Never guesses: a
// file that has less than the position says is refused.

import type { Files, OpenFile } from '../model/contracts.ts';
import { OutputError, openingError } from './output-error.ts';

/** A file, open for writing from `position` on; nothing stands behind it. */
export interface PositionedFile {
  readonly file: OpenFile;
  readonly position: number;
}

/** Rejects with an OutputError whose message is one line for people. */
export async function openAt(
  path: string,
  files: Files,
  position: string | undefined,
): Promise<PositionedFile> {
  const bytes = position === undefined ? undefined : bytesOf(path, position);
  try {
    if (bytes === undefined) return { file: await files.open(path, 'create'), position: 0 };
    // Asked before it is opened, which would make it.
    if (bytes > 0 && !(await files.exists(path))) throw lostError(path, 'the file is gone');
    return { file: await cutBack(path, await files.open(path, 'update'), bytes), position: bytes };
  } catch (error) {
    throw error instanceof OutputError ? error : openingError(path, error);
  }
}

async function cutBack(path: string, file: OpenFile, bytes: number): Promise<OpenFile> {
  try {
    const size = await file.size();
    if (size < bytes) throw lostError(path, `it has ${size} bytes, of ${bytes} that the last run had stored`);
    if (size > bytes) await file.truncate(bytes);
    return file;
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

/** Positions of sinks that are files of bytes: how many there are, as digits. */
function bytesOf(path: string, position: string): number {
  const bytes = /^\d{1,15}$/.test(position) ? Number(position) : Number.NaN;
  if (Number.isNaN(bytes))
    throw lostError(path, `the journal names no place in it, but ${JSON.stringify(position)}`);
  return bytes;
}

/** What a position stands for is not there. */
export function lostError(path: string, what: string): OutputError {
  return new OutputError(`cannot go on with ${path}: ${what}; begin anew with --restart`, undefined);
}
