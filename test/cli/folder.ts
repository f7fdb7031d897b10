// A temporary folder for the tests of one file.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

export interface Folder {
  readonly path: string;
  /** The path of a name in it. */
  at(name: string): string;
  /** Writes a file and gives its path. */
  write(name: string, content: string | Uint8Array): string;
  read(name: string): string;
  /** The lines of a JSON Lines file, parsed. */
  records(name: string): Record<string, unknown>[];
}

/** Gone after the last test of the file that asked for it. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'flurry-cli-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  const at = (name: string) => join(path, name);
  const read = (name: string) => readFileSync(at(name), 'utf8');
  return {
    path,
    at,
    read,
    write(name, content) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
      return at(name);
    },
    records: (name) =>
      read(name)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
