// A folder for the files of one test file, removed at the end.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Gives paths of files that do not exist yet. */
export function temporaryFolder(): (name: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'flurry-sinks-'));
  let count = 0;
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return (name) => join(root, `${count++}-${name}`);
}
