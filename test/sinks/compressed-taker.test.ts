import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompressedTaker, type Compression, compressing } from '../../src/sinks/compressed-taker.ts';
import { OutputFile, openOutputFile } from '../../src/sinks/output-file.ts';
import { eventually } from '../contract/sink-suite.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { GatedTaker } from './gated-taker.ts';
import { canUseZstd, unzstd } from './zstd.ts';

const KIB = 1024;
const COMPRESSIONS: readonly Compression[] = canUseZstd ? ['gzip', 'zstd'] : ['gzip'];
const PYTHON = 'import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))';
const UNPACK = { gzip: gunzipSync, zstd: unzstd };

function inMemory(compression: Compression) {
  const behind = new GatedTaker();
  const taker = new CompressedTaker(behind, compression, true);
  const file = new OutputFile(taker, 'the output', new VirtualClock());
  const bytes = () => Buffer.concat(behind.portions);
  return { behind, file, bytes };
}

describe.each(COMPRESSIONS)('what is compressed (%s)', (compression) => {
  const unpack = UNPACK[compression];

  it('is whole up to each commit, whatever was written between', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.string({ maxLength: 30 }) },
      fc.integer({ min: 0, max: 200 * KIB }).map((length) => 'öx'.repeat(length / 2)),
      { weight: 2, arbitrary: fc.constant(undefined) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { file, bytes } = inMemory(compression);
        const commits: { text: string; position: Promise<string> }[] = [];
        let text = '';
        for (const one of steps) {
          if (one === undefined) commits.push({ text, position: file.commit('process') });
          else {
            text += one;
            file.write(one);
          }
        }
        await file.close();
        expect(unpack(bytes()).toString()).toBe(text.toWellFormed());
        for (const { text, position } of commits) {
          const cut = bytes().subarray(0, Number(await position));
          if (text === '') expect(cut).toHaveLength(0);
          else expect(unpack(cut).toString()).toBe(text.toWellFormed());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('does not grow by commits of nothing', async () => {
    const { file, bytes } = inMemory(compression);
    expect(await file.commit('process')).toBe('0');
    file.write('text');
    const position = await file.commit('process');
    expect(await file.commit('power')).toBe(position);
    await file.close();
    expect(bytes()).toHaveLength(Number(position));
  });

  it('is a whole file where nothing was written at all', async () => {
    const { file, bytes } = inMemory(compression);
    await file.close();
    expect(bytes().length).toBeGreaterThan(8);
    expect(unpack(bytes())).toHaveLength(0);
  });

  it('gets no second empty member where a run goes on with nothing', async () => {
    const files = new FakeFiles();
    await files.makeFolder('/runs');
    const tools = { files, clock: new VirtualClock() };
    const wrap = compressing(compression, '/runs/out');
    const first = await openOutputFile('/runs/out', tools, wrap);
    first.write('text');
    const position = await first.commit('process');
    await first.close();
    await (await openOutputFile('/runs/out', { ...tools, position }, wrap)).close();
    expect(files.contents('/runs/out')).toHaveLength(Number(position));
    await (await openOutputFile('/runs/out', { ...tools, position: '0' }, wrap)).close();
    expect(unpack(Buffer.from(files.contents('/runs/out')!))).toHaveLength(0);
  });

  it('takes one portion at a time, and nothing while the disk takes nothing', async () => {
    const { behind, file, bytes } = inMemory(compression);
    behind.shut();
    let text = '';
    for (let i = 0; !file.full; i++) {
      const line = `${i} ${Math.sin(i)}\n`;
      text += line;
      file.write(line);
    }
    const committing = file.commit('process');
    expect(behind.portions).toEqual([]);
    behind.open();
    await committing;
    expect(bytes().length).toBeLessThan(text.length / 1.5);
    await file.close();
    expect(unpack(bytes()).toString()).toBe(text);
  });

  it('adds nothing behind what could not be written', async () => {
    const files = new FakeFiles();
    await files.makeFolder('/runs');
    const tools = { files, clock: new VirtualClock() };
    const file = await openOutputFile('/runs/out', tools, compressing(compression, '/runs/out'));
    // The next write would succeed, and a member would end that has lost its middle.
    files.failAt(1, 'ENOSPC', { kind: 'write' });
    for (let i = 0; i < 20_000; i++) file.write(`${Math.sin(i)}\n`);
    await eventually(() => String(file).includes('broken'));
    await expect(file.close()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(files.log.filter((step) => step.startsWith('write'))).toHaveLength(1);
  });
});

describe('what others read', () => {
  const readers: readonly (readonly [string, Compression, string, readonly string[]])[] = [
    ['zcat', 'gzip', 'zcat', []],
    ['gunzip', 'gzip', 'gunzip', ['-c']],
    ['python', 'gzip', 'python3', ['-c', PYTHON]],
    ['zstd', 'zstd', 'zstd', ['-d', '-c', '-q']],
  ];

  for (const [name, compression, command, args] of readers) {
    const there = COMPRESSIONS.includes(compression) && spawnSync(command, ['--version']).status === 0;
    it.skipIf(!there)(`is the same to ${name}, at each commit and at the end`, async () => {
      const { file, bytes } = inMemory(compression);
      const read = (until: number) => {
        const { stdout, stderr, status } = spawnSync(command, args, { input: bytes().subarray(0, until) });
        expect([String(stderr), status]).toEqual(['', 0]);
        return String(stdout);
      };
      let text = '';
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 2000; i++) {
          text += `{"round":${round},"index":${i}}\n`;
          file.write(`{"round":${round},"index":${i}}\n`);
        }
        expect(read(Number(await file.commit('process')))).toBe(text);
      }
      await file.close();
      expect(read(bytes().length)).toBe(text);
    });
  }
});

describe('compressing', () => {
  it.skipIf(canUseZstd)('says what to use where this Node has no zstd', () => {
    expect(() => compressing('zstd', 'a/out.csv.zst')).toThrow(
      `cannot write a/out.csv.zst: zstd needs Node 22.15 or newer, and this is ${process.version}; ` +
        'use a newer Node, or gzip: -o a/out.csv.gz',
    );
  });
});
