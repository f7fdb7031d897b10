// Files as bodies: every octet, a known length, no descriptor left open, and an error where the file became another.

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { fileBody } from '../../src/bodies/file-body.ts';
import { octets, pieces, readOnce } from './collected.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-bodies-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CHUNK = 128 * 1024;
let files = 0;

function file(content: string | Uint8Array): string {
  const path = join(folder, `file-${files++}.bin`);
  writeFileSync(path, content);
  return path;
}

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8));
}

/** How many descriptors of this process lead to the file. */
function openOn(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}

const allClosed = (path: string) => vi.waitFor(() => expect(openOn(path)).toBe(0), { interval: 1 });

describe('fileBody', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])(
    'gives all of %d octets',
    async (length) => {
      const content = patterned(length);
      const path = file(content);
      const body = fileBody(path);
      expect(body).toMatchObject({ length, replayable: true, contentType: undefined });
      const read = await pieces(body);
      expect(Buffer.concat(read).equals(content)).toBe(true);
      expect(Math.max(0, ...read.map((piece) => piece.length))).toBeLessThanOrEqual(CHUNK);
      await allClosed(path);
    },
  );

  it('gives the same again, also to several readers at once', async () => {
    const content = patterned(2 * CHUNK + 5);
    const body = fileBody(file(content), { contentType: 'image/png' });
    expect(body.contentType).toBe('image/png');
    const read = await Promise.all([octets(body), octets(body), octets(body)]);
    for (const one of read) expect(one.equals(content)).toBe(true);
  });

  it('keeps what it gave as it was', async () => {
    const reader = fileBody(file(patterned(2 * CHUNK))).open();
    const first = await readOnce(reader);
    const copy = Buffer.from(first!);
    await readOnce(reader);
    expect(copy.equals(first!)).toBe(true);
    reader.close();
  });

  it('closes the file with its last octet, for whoever counts and asks no more', async () => {
    const path = file(patterned(CHUNK + 10));
    const reader = fileBody(path).open();
    await readOnce(reader);
    expect(openOn(path)).toBe(1);
    await readOnce(reader);
    await allClosed(path);
    expect(await readOnce(reader)).toBeUndefined();
  });

  it('is closed between reads, while it opens, while it reads, twice, and before it began', async () => {
    const path = file(patterned(3 * CHUNK));
    const never = () => {
      throw new Error('a closed reader called back');
    };
    const unopened = fileBody(path).open();
    unopened.close();
    const opening = fileBody(path).open();
    opening.read(never);
    opening.close();
    const between = fileBody(path).open();
    await readOnce(between);
    const reading = fileBody(path).open();
    await readOnce(reading);
    reading.read(never);
    reading.close();
    reading.close();
    between.close();
    between.close();
    between.read(never);
    await allClosed(path);
  });

  it('says that the file shrank, and where it ends now', async () => {
    const path = file(patterned(2 * CHUNK));
    const reader = fileBody(path).open();
    await readOnce(reader);
    truncateSync(path, CHUNK + 3);
    expect((await readOnce(reader))!.length).toBe(3);
    await expect(readOnce(reader)).rejects.toThrow(
      `${path} had 262,144 octets when its request was made and now ends after 131,075`,
    );
    await allClosed(path);
  });

  it.each([CHUNK, 5, 0])(
    'says that a file of %d octets grew, in place of its last octets',
    async (length) => {
      const path = file(patterned(length));
      const body = fileBody(path);
      appendFileSync(path, 'x');
      await expect(octets(body)).rejects.toThrow(`${path} had`);
      await expect(octets(body)).rejects.toThrow('and grew while it was sent');
      await allClosed(path);
    },
  );

  it('says at once what is wrong with a path, and at the first read what became wrong', async () => {
    const nowhere = join(folder, 'nofile');
    expect(() => fileBody(nowhere)).toThrow(`cannot read ${nowhere}: there is no such file`);
    expect(() => fileBody(folder)).toThrow(`cannot read ${folder}: it is a folder`);
    const path = file('x');
    expect(() => fileBody(`${path}/x`)).toThrow('a part of its path is a file');
    const body = fileBody(path);
    rmSync(path);
    await expect(octets(body)).rejects.toThrow(`cannot read ${path}: there is no such file`);
  });

  it('reads a pipe once, without a length', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const body = fileBody(path);
    expect(body).toMatchObject({ length: undefined, replayable: false });
    const read = octets(body);
    execFileSync('sh', ['-c', `printf 'through a pipe' > "${path}"`]);
    expect((await read).toString()).toBe('through a pipe');
    await expect(octets(body)).rejects.toThrow(`${path} can be read only once, as it is no regular file`);
  });

  it('gives any content as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (content) => {
        expect((await octets(fileBody(file(content)))).equals(content)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
