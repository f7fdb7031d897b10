// The suite of sinks for those that stand on `Files`: in memory, where every step can be held, broken and crashed, and
// on the disk of this machine, where it can be too small and read-only.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Clock, DurableSink, Files } from '../../src/model/contracts.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { response } from '../sinks/outcomes.ts';
import { type SinkKind, sinkSuite } from './sink-suite.ts';

const MOUNTS = canMount();

/** What sinks on files are opened with. */
export interface FileSinkTools {
  readonly files: Files;
  readonly clock: Clock;
  readonly position?: string;
}

export interface FileSinkKind {
  readonly name: string;
  /** The name of the file, whose ending may matter: `out.jsonl`. */
  readonly file: string;
  open(path: string, tools: FileSinkTools): Promise<DurableSink>;
  /** The indices of the records in a file that was closed, in their order, read with something else than the sink's own
   *  code; throws where the file is not whole. */
  read(bytes: Buffer, path: string, files: Files): Promise<number[]> | number[];
  /** `disk`: what it stores beside the file is not on that disk, so that it does not fill. */
  readonly cannot?: SinkKind['cannot'] & { readonly disk?: string };
}

export function sinkOnFiles(kind: FileSinkKind): void {
  const { name, cannot = {} } = kind;
  sinkSuite({ name: `${name} in memory`, cannot, make: async () => placeInMemory(kind) });
  describe(`${name} on files`, () => {
    refusals(kind);
    everyStep(kind);
    if (cannot.disk === undefined) realDisk(kind);
  });
}

async function placeInMemory({ file, open, read }: FileSinkKind) {
  const path = `/runs/${file}`;
  let crashes = 0;
  let files = new FakeFiles();
  let clock = new VirtualClock();
  await files.makeFolder(dirname(path));
  return {
    open: (position?: string) =>
      open(path, { files, clock, ...(position === undefined ? {} : { position }) }),
    readBack: async () => read(contents(files, path), path, files),
    crash: async (how: 'process' | 'power') => {
      files = files.crash(how, crashes++);
      clock = new VirtualClock();
    },
    hold: () => files.hold(),
    release: () => files.release(),
    // The next one alone: what comes after it would succeed, and must not be tried.
    breakWith: (code: string, step: 'write' | 'sync') => {
      files.failAt(1, code, { kind: step, half: step === 'write' });
    },
    mend: () => {},
    letTimePass: () => clock.advance(1000),
  };
}

function contents(files: FakeFiles, path: string): Buffer {
  const bytes = files.contents(path);
  if (bytes === undefined) throw new Error(`there is no ${path}`);
  return Buffer.from(bytes);
}

/** A run that commits three times, broken off before, within and after each thing that it does to its files. */
function everyStep({ file, open, read, cannot }: FileSinkKind): void {
  const path = `/runs/${file}`;
  const COMMITS = ['process', 'power', 'process'] as const;
  const crashes = cannot?.power === undefined ? (['process', 'power'] as const) : (['process'] as const);

  /** The last position that outlives such a crash, and what was written before it. */
  async function brokenOff(files: FakeFiles, crash: 'process' | 'power') {
    let last: { position?: string; written: number } = { written: 0 };
    try {
      const sink = await open(path, { files, clock: new VirtualClock() });
      for (const [i, durability] of COMMITS.entries()) {
        for (let index = i * 5; index < i * 5 + 5; index++) sink.write(response({ index }));
        const position = await sink.commit(durability);
        if (crash === 'process' || durability === 'power') last = { position, written: i * 5 + 5 };
      }
      sink.write(response({ index: 99 }));
      await sink.close();
    } catch {
      // As every step after the crash.
    }
    return last;
  }

  async function madeFiles() {
    const files = new FakeFiles();
    await files.makeFolder(dirname(path));
    await files.syncFolder(dirname(dirname(path)));
    return files;
  }

  it.each(crashes)('goes on from its last commit, whatever step it was broken off at (%s)', async (crash) => {
    const whole = await madeFiles();
    const before = whole.operations;
    await brokenOff(whole, crash);
    const steps = whole.operations - before;
    expect(steps).toBeGreaterThan(4);
    for (let step = 1; step <= steps; step++) {
      for (const moment of ['before', 'half', 'after'] as const) {
        const files = await madeFiles();
        files.crashAt(step, moment);
        const { position, written } = await brokenOff(files, crash);
        const found = files.crash(crash, step);
        const tools = { files: found, clock: new VirtualClock() };
        const again = await open(path, position === undefined ? tools : { ...tools, position });
        again.write(response({ index: 50 }));
        await again.close();
        const indices = await read(contents(found, path), path, found);
        const expected = [...Array.from({ length: written }, (_, i) => i), 50];
        expect([step, moment, indices]).toEqual([step, moment, expected]);
      }
    }
  });
}

function refusals({ file, open }: FileSinkKind): void {
  const path = `/runs/${file}`;

  async function committed() {
    const files = new FakeFiles();
    const clock = new VirtualClock();
    await files.makeFolder(dirname(path));
    const sink = await open(path, { files, clock });
    for (let index = 0; index < 20; index++) sink.write(response({ index }));
    const position = await sink.commit('process');
    await sink.close();
    return { files, clock, position };
  }

  it('refuses to go on with a file that has lost what was committed, and leaves it as it is', async () => {
    const { files, clock, position } = await committed();
    files.put(path, contents(files, path).subarray(0, 30));
    await expect(open(path, { files, clock, position })).rejects.toThrow(
      new RegExp(`^cannot go on with ${path}: [^\\n]*--restart[^\\n]*$`),
    );
    expect(contents(files, path)).toHaveLength(30);
  });

  it('refuses to go on with a file that is gone, and makes none', async () => {
    const { files, clock, position } = await committed();
    await files.remove(path);
    await expect(open(path, { files, clock, position })).rejects.toThrow(
      new RegExp(`^cannot go on with ${path}: [^\\n]*--restart[^\\n]*$`),
    );
    expect(files.contents(path)).toBe(undefined);
  });

  it('says in one line why a file cannot be cut back', async () => {
    const { files, clock, position } = await committed();
    files.failAt(1, 'EROFS', { kind: 'open', path });
    await expect(open(path, { files, clock, position })).rejects.toThrow(
      /^cannot write [^\n]*read-only[^\n]*$/,
    );
  });
}

function realDisk(kind: FileSinkKind): void {
  const { file, open, read } = kind;
  const files = new SystemFiles();
  const folder = realFolder();
  const readBack = (path: string) => read(readFileSync(path), path, files);

  it('goes on from a commit on the disk of this machine', async () => {
    const clock = new VirtualClock();
    const path = folder.path(file);
    const first = await open(path, { files, clock });
    first.write(response({ index: 0 }));
    const position = await first.commit('power');
    first.write(response({ index: 1 }));
    await first.close();
    expect(await readBack(path)).toEqual([0, 1]);
    const second = await open(path, { files, clock, position });
    second.write(response({ index: 2 }));
    await second.commit('process');
    await second.close();
    expect(await readBack(path)).toEqual([0, 2]);
  });

  it('says in one line that there is no folder', async () => {
    const path = join(folder.path('missing'), file);
    const opening = open(path, { files, clock: new VirtualClock() });
    await expect(opening).rejects.toThrow(/^cannot write [^\n]*mkdir -p[^\n]*$/);
  });

  it.skipIf(!MOUNTS)('stops at a disk that is full, and goes on when there is room', async () => {
    const disk = folder.disk('size=64k');
    const path = join(disk.path, file);
    const sink = await open(path, { files, clock: new VirtualClock() });
    const errors: Error[] = [];
    sink.onError = (error) => errors.push(error);
    sink.write(response({ index: 0 }));
    const position = await sink.commit('process');
    for (let index = 1; index < 100; index++) {
      sink.write(response({ index, body: randomBytes(1000).toString('hex'), type: 'text/plain' }));
    }
    await expect(sink.commit('process')).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(sink.close()).rejects.toThrow(/^cannot write [^\n]*disk is full[^\n]*$/);
    expect(errors).toHaveLength(1);
    disk.remount('size=10m');
    const again = await open(path, { files, clock: new VirtualClock(), position });
    again.write(response({ index: 200 }));
    await again.close();
    expect(await readBack(path)).toEqual([0, 200]);
  });

  it.skipIf(!MOUNTS)('says in one line that a folder is read-only', async () => {
    const disk = folder.disk('size=64k,ro');
    const opening = open(join(disk.path, file), { files, clock: new VirtualClock() });
    await expect(opening).rejects.toThrow(/^cannot write [^\n]*read-only[^\n]*$/);
  });
}

/** A folder on the disk, and small disks in it where this process may mount them. Made when it is used, and removed. */
function realFolder() {
  let root: string | undefined;
  const mounted: string[] = [];
  let count = 0;
  const path = (name: string) => {
    root ??= mkdtempSync(join(tmpdir(), 'flurry-sink-suite-'));
    return join(root, `${count++}-${name}`);
  };
  afterAll(() => {
    for (const at of mounted) unmount(at);
    if (root !== undefined) rmSync(root, { recursive: true, force: true });
  });
  return {
    path,
    disk(options: string) {
      const at = path('disk');
      mkdirSync(at);
      mount(at, options);
      mounted.push(at);
      const remount = (other: string) => mount(at, `remount,${other}`);
      return { path: at, remount };
    },
  };
}

function mount(at: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at], { stdio: 'ignore' });
}

function unmount(at: string): void {
  execFileSync('umount', ['-l', at], { stdio: 'ignore' });
}

/** Linux, and root or as good as. */
function canMount(): boolean {
  if (process.platform !== 'linux') return false;
  const at = mkdtempSync(join(tmpdir(), 'flurry-sink-suite-probe-'));
  try {
    mount(at, 'size=64k');
    unmount(at);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(at);
  }
}
