// One body on its way to its file: whatever comes in whatever pieces, the file is that, or there is none.

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodyWriter } from '../../src/model/contracts.ts';
import { type BodyFiles, openBodyFiles } from '../../src/sinks/body-files.ts';
import { temporaryFolder } from './folder.ts';

const path = temporaryFolder();
const MIB = 1024 * 1024;

function finish(writer: BodyWriter, type = 'text/plain'): Promise<{ bytes: number; file: string }> {
  return new Promise((resolve, reject) => {
    writer.finish(type, (error, stored) => (error === undefined ? resolve(stored) : reject(error)));
  });
}

function remove(writer: BodyWriter): Promise<void> {
  return new Promise((resolve) => writer.remove(resolve));
}

function contentOf(bodies: BodyFiles, file: string): Buffer {
  return readFileSync(join(bodies.folder, '..', file));
}

/** Octets that tell where they stand. */
function octets(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (seed + i * 31 + (i >> 8)) & 255;
  return bytes;
}

describe('a part file', () => {
  it('has a name of its own when it is whole, and is there as a part before', async () => {
    const bodies = await openBodyFiles(path('out'));
    let room = () => {};
    const roomy = new Promise<void>((resolve) => {
      room = resolve;
    });
    const writer = bodies.open(1234, () => room());
    const bytes = octets(2 * MIB, 1);
    expect(writer.append(bytes, 0, bytes.length)).toBe(false);
    await roomy;
    expect(readdirSync(join(bodies.folder, 'parts'))).toEqual(['001234.part']);
    expect(existsSync(join(bodies.folder, '001'))).toBe(false);
    expect(await finish(writer)).toEqual({
      bytes: bytes.length,
      file: expect.stringMatching(/001\/001234\.txt$/),
    });
    expect(readdirSync(join(bodies.folder, '001'))).toEqual(['001234.txt']);
    expect(contentOf(bodies, `${bodies.folder.split('/').pop()}/001/001234.txt`).equals(bytes)).toBe(true);
  });

  it('takes a mebibyte and little more before it says stop, and drains once', async () => {
    const bodies = await openBodyFiles(path('out'));
    let rooms = 0;
    const writer = bodies.open(0, () => rooms++);
    const piece = octets(65536, 3);
    let taken = 0;
    while (writer.append(piece, 0, piece.length)) taken += piece.length;
    expect([taken, rooms]).toEqual([MIB, 0]);
    await finish(writer);
    expect(rooms).toBe(1);
  });

  it('uses its memory again', async () => {
    const bodies = await openBodyFiles(path('out'));
    for (let i = 0; i < 3; i++) {
      const writer = bodies.open(i, () => {});
      const bytes = octets(200_000, i);
      writer.append(bytes, 0, bytes.length);
      await finish(writer);
      expect(String(bodies.blocks)).toBe('4 free blocks');
    }
  });

  it('is nothing but the pieces since the last restart, whenever they come', async () => {
    const bodies = await openBodyFiles(path('out'));
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ length: fc.integer({ min: 1, max: 150_000 }), seed: fc.nat(255) }),
      },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
      { weight: 2, arbitrary: fc.constant('wait' as const) },
    );
    let index = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (steps, removes) => {
        const writer = bodies.open(index++, () => {});
        let expected: Buffer[] = [];
        for (const one of steps) {
          if (one === 'wait') await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
          else if (one === 'restart') {
            writer.restart();
            expected = [];
          } else {
            const bytes = octets(one.length, one.seed);
            writer.append(
              Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')]),
              6,
              6 + bytes.length,
            );
            expected.push(bytes);
          }
        }
        const whole = Buffer.concat(expected);
        expect(writer.bytes).toBe(whole.length);
        if (removes) await remove(writer);
        else expect(contentOf(bodies, (await finish(writer)).file).equals(whole)).toBe(true);
        expect(
          readdirSync(bodies.folder, { recursive: true }).filter((one) => String(one).endsWith('part')),
        ).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves nothing where it is not wanted any more, also of one that an earlier run left', async () => {
    const bodies = await openBodyFiles(path('out'));
    const writer = bodies.open(5, () => {});
    const bytes = octets(100_000, 1);
    writer.append(bytes, 0, bytes.length);
    await remove(writer);
    expect(readdirSync(join(bodies.folder, 'parts'))).toEqual([]);
    await remove(bodies.open(6, () => {}));
    expect(existsSync(join(bodies.folder, 'parts/000006.part'))).toBe(false);
  });

  it('tells its folder once what it cannot write, and whoever waits for it', async () => {
    const bodies = await openBodyFiles(path('out'));
    const errors: Error[] = [];
    bodies.onError = (error) => errors.push(error);
    mkdirSync(join(bodies.folder, 'parts/000001.part'), { recursive: true });
    let rooms = 0;
    const writer = bodies.open(1, () => rooms++);
    const bytes = octets(2 * MIB, 1);
    expect(writer.append(bytes, 0, bytes.length)).toBe(false);
    await expect(finish(writer)).rejects.toMatchObject({ code: 'EISDIR' });
    expect([errors.length, rooms]).toEqual([1, 1]);
    expect(errors[0]!.message).toMatch(/^cannot write to .*parts\/000001\.part: /);
  });

  it('is removed where its own name is taken', async () => {
    const bodies = await openBodyFiles(path('out'));
    mkdirSync(join(bodies.folder, '000/000001.txt/x'), { recursive: true });
    const writer = bodies.open(1, () => {});
    writer.append(Buffer.from('octets'), 0, 6);
    await expect(finish(writer)).rejects.toMatchObject({ name: 'OutputError' });
    expect(readdirSync(join(bodies.folder, '000'))).toEqual(['000001.txt']);
    expect(readdirSync(join(bodies.folder, 'parts'))).toEqual([]);
  });
});
