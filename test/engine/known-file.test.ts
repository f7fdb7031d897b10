// What an input file is known by: its size and its ends; nothing of what can be read only once.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { A_STREAM, knownFile } from '../../src/engine/known-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-known-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'urls.txt');

function known(bytes: Buffer): Promise<string> {
  writeFileSync(path, bytes);
  return knownFile(path);
}

const KIB = 1024;

describe('a file', () => {
  it('is known again, and told from one that differs anywhere near its ends', async () => {
    for (const size of [1, 10, 64 * KIB, 100 * KIB, 128 * KIB, 300 * KIB]) {
      const bytes = Buffer.alloc(size, 'a');
      const before = await known(bytes);
      expect(before).toMatch(new RegExp(`^${size} bytes, [0-9a-f]{12}$`));
      expect(await known(bytes)).toBe(before);
      for (const at of [0, size - 1, Math.min(size, 64 * KIB) - 1, Math.max(0, size - 64 * KIB)]) {
        const changed = Buffer.from(bytes);
        changed[at] = 0x62;
        expect(await known(changed)).not.toBe(before);
      }
    }
  });

  it('that is empty has no ends', async () => {
    expect(await known(Buffer.alloc(0))).toMatch(/^0 bytes, /);
  });
});

it.skipIf(process.platform === 'win32')(
  'a pipe is not opened: nobody may be there to write to it',
  async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await knownFile(pipe)).toBe(A_STREAM);
    expect(await knownFile('/dev/null')).toBe(A_STREAM);
  },
);
