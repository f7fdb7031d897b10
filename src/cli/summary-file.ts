// The file of --summary: found to be writable before the first request, written after the last.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Summary } from '../metrics/snapshot.ts';
import { EXIT, Exit } from './exit-codes.ts';

/** Makes the file where there is none, and leaves what is in it. Throws Exit. */
export function assertWritable(path: string): void {
  attempt(path, () => closeSync(openSync(path, 'a')));
}

export function writeSummary(path: string, summary: Summary): void {
  attempt(path, () => writeFileSync(path, `${JSON.stringify(summary)}\n`));
}

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new Exit(EXIT.disk, `cannot write the summary to ${path}: ${problem(path, error)}`);
  }
}

function problem(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return `there is no folder ${dirname(path)}; make it with: mkdir -p ${dirname(path)}`;
    case 'EISDIR':
      return `it is a folder; name a file in it, such as --summary ${path.replace(/\/*$/, '')}/summary.json`;
    case 'ENOTDIR':
      return 'a part of this path is a file; name another one with --summary';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied; name another file with --summary';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full; free some space, or name a file elsewhere with --summary';
    default:
      return `${message}; name another file with --summary`;
  }
}
