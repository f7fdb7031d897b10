// The body of the large rows: 5 MB that no compression makes smaller, always the same.

import { createCipheriv } from 'node:crypto';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const LARGE_BYTES = 5_000_000;

/** Its path, below `folder`. */
export function writeLarge(folder) {
  const path = join(folder, 'large.bin');
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  writeFileSync(path, cipher.update(Buffer.alloc(LARGE_BYTES)));
  return path;
}

/** Of all files below a folder, in bytes. */
export function sizesIn(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.map(({ parentPath, path, name }) => statSync(join(parentPath ?? path, name)).size);
}
