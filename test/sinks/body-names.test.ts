// Files of bodies that are called by their content, parts that an earlier run left, and what a commit to the disk syncs.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Files, OpenFile } from '../../src/model/contracts.ts';
import type { StoredBody } from '../../src/model/outcome.ts';
import { BodyFiles, openBodyFiles } from '../../src/sinks/body-files.ts';
import { BodyFilesSink } from '../../src/sinks/body-files-sink.ts';
import { hashName, indexName } from '../../src/sinks/body-name.ts';
import type { RecordSink } from '../../src/sinks/record-sink.ts';
import { UnsyncedFiles } from '../../src/sinks/unsynced-files.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';
import { temporaryFolder } from './folder.ts';
import { response } from './outcomes.ts';

const path = temporaryFolder();

function store(bodies: BodyFiles, index: number, body: string, type = 'text/plain'): Promise<string> {
  return new Promise((resolve, reject) => {
    bodies.store(response({ index, body, type }), (error, file) => (error ? reject(error) : resolve(file)));
  });
}

/** `inside`: called where the outcome of the body would be handed out. */
function stream(
  bodies: BodyFiles,
  index: number,
  body: string,
  inside: (stored: StoredBody) => void = () => {},
): Promise<StoredBody> {
  const writer = bodies.open(index, () => {});
  const bytes = Buffer.from(body);
  writer.append(bytes, 0, bytes.length);
  return new Promise((resolve, reject) => {
    writer.finish('text/plain', (error, stored) => {
      if (error !== undefined) return reject(error);
      inside(stored);
      resolve(stored);
    });
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function filesIn(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  return all.filter((one) => one.isFile()).map(({ name }) => name);
}

describe('names of bodies', () => {
  it('give no folder of its own to each of a sample', () => {
    const folders = new Set<string>();
    for (let i = 0; i < 20_000; i++) {
      const index = Math.floor(((i * 0.618_033_988_749_894_9) % 1) * 1e12);
      folders.add(dirname(indexName(index, 'text/plain')));
    }
    expect(folders.size).toBe(1000);
    expect(indexName(999_999_999_999, 'text/plain')).toBe('999/999999999999.txt');
  });

  it('by hash are in folders of folders', () => {
    expect(hashName(sha256('x'), 'application/json')).toBe(
      '2d/71/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881.json',
    );
  });
});

describe('bodies called by their hashes', () => {
  it('are stored once, in memory or piece by piece', async () => {
    const bodies = await openBodyFiles(path('out.jsonl'), { names: 'hash' });
    const name = `${basename(bodies.folder)}/${hashName(sha256('same'), 'text/plain')}`;
    const names = await Promise.all([
      ...[0, 1, 2].map((index) => store(bodies, index, 'same')),
      ...[3, 4, 5].map(async (index) => (await stream(bodies, index, 'same')).file),
      store(bodies, 6, 'other'),
    ]);
    expect(names.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => name));
    expect(readFileSync(join(bodies.folder, '..', name), 'utf8')).toBe('same');
    expect(filesIn(bodies.folder)).toHaveLength(2);
    const { ino } = statSync(join(bodies.folder, '..', name));
    await store(bodies, 7, 'same');
    await stream(bodies, 8, 'same');
    expect(statSync(join(bodies.folder, '..', name)).ino).toBe(ino);
    await bodies.close();
    expect(existsSync(join(bodies.folder, 'parts'))).toBe(false);
  });

  it('hash what came since the last restart', async () => {
    const bodies = await openBodyFiles(path('out.jsonl'), { names: 'hash' });
    const writer = bodies.open(0, () => {});
    writer.append(Buffer.from('of another version'), 0, 18);
    writer.restart();
    writer.append(Buffer.from('..body..'), 2, 6);
    const stored = await new Promise<StoredBody>((resolve) => writer.finish('', (_, one) => resolve(one)));
    expect(stored.file).toContain(sha256('body'));
    expect(readFileSync(join(bodies.folder, '..', stored.file), 'utf8')).toBe('body');
  });

  it('replace a file of another length, which is half of one', async () => {
    const bodies = await openBodyFiles(path('out.jsonl'), { names: 'hash' });
    const file = join(bodies.folder, hashName(sha256('whole'), 'text/plain'));
    mkdirSync(dirname(file), { recursive: true });
    for (const keep of [store, stream]) {
      writeFileSync(file, 'who');
      await keep(bodies, 0, 'whole');
      expect(readFileSync(file, 'utf8')).toBe('whole');
    }
  });

  it('stay where another record names them too', async () => {
    const bodies = await openBodyFiles(path('out.jsonl'), { names: 'hash' });
    const kept = await stream(bodies, 0, 'same');
    await stream(bodies, 1, 'same', (stored) => bodies.discard(stored));
    expect(existsSync(join(bodies.folder, '..', kept.file))).toBe(true);
    bodies.discard(kept);
    expect(existsSync(join(bodies.folder, '..', kept.file))).toBe(true);
  });

  it('go where no record names them, though others with the same content are on their way', async () => {
    const bodies = await openBodyFiles(path('out.jsonl'), { names: 'hash' });
    const [first, second, third] = await Promise.all([
      stream(bodies, 0, 'same', (stored) => bodies.discard(stored)),
      stream(bodies, 1, 'same', (stored) => bodies.discard(stored)),
      store(bodies, 2, 'same'),
    ]);
    expect([first.file, second.file]).toEqual([third, third]);
    expect(readFileSync(join(bodies.folder, '..', third), 'utf8')).toBe('same');
    const alone = await stream(bodies, 3, 'unwanted', (stored) => bodies.discard(stored));
    expect(existsSync(join(bodies.folder, '..', alone.file))).toBe(false);
    expect(filesIn(bodies.folder)).toHaveLength(1);
  });

  it('tell what could not be written, each of them', async () => {
    const bodies = await openBodyFiles(path('out.jsonl'), { names: 'hash' });
    writeFileSync(join(bodies.folder, sha256('same').slice(0, 2)), 'in the way');
    const ends = await Promise.allSettled([
      store(bodies, 0, 'same'),
      store(bodies, 1, 'same'),
      stream(bodies, 2, 'same'),
    ]);
    for (const end of ends) {
      expect(end).toMatchObject({ status: 'rejected', reason: { name: 'OutputError', code: 'ENOTDIR' } });
    }
    expect(filesIn(join(bodies.folder, 'parts'))).toEqual([]);
  });
});

describe('parts of a run that was killed', () => {
  it('are gone when the next one begins, and nothing else is', async () => {
    const output = path('out.jsonl');
    const before = await openBodyFiles(output);
    await store(before, 1, 'stays');
    before.open(5, () => {}).append(Buffer.alloc(100_000), 0, 100_000);
    writeFileSync(join(before.folder, 'parts', '000009.part'), 'half');
    writeFileSync(join(before.folder, 'parts', 'notes.txt'), 'of somebody');
    const bodies = await openBodyFiles(output);
    expect(filesIn(join(bodies.folder, 'parts'))).not.toContain('000009.part');
    await bodies.close();
    expect(filesIn(bodies.folder)).toEqual(expect.arrayContaining(['000001.txt', 'notes.txt']));
  });
});

/** Says what is synced, in order. */
class SyncLog extends SystemFiles {
  readonly log: string[] = [];
  failing = '';

  override async open(name: string, mode: Parameters<Files['open']>[1]): Promise<OpenFile> {
    const file = await super.open(name, mode);
    const sync = async () => {
      if (basename(name) === this.failing) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      this.log.push(basename(name));
    };
    return { ...({} as OpenFile), sync, close: () => file.close() };
  }

  override async syncFolder(name: string): Promise<void> {
    this.log.push(`${basename(name)}/`);
  }
}

function recordsInMemory(): RecordSink & { readonly commits: string[] } {
  const commits: string[] = [];
  let written = 0;
  return {
    commits,
    write: () => written++,
    full: false,
    onDrain: undefined,
    onError: undefined,
    commit: async (durability) => {
      commits.push(durability);
      return String(written);
    },
    close: async () => {},
  };
}

describe('a commit to the disk', () => {
  async function opened() {
    const files = new SyncLog();
    const bodies = await openBodyFiles(path('out.jsonl'), { syncedBy: files });
    return { files, bodies, sink: new BodyFilesSink(bodies, recordsInMemory()) };
  }

  it('syncs what was stored since the last one, and folders that are new', async () => {
    const { files, bodies, sink } = await opened();
    const root = `${basename(bodies.folder)}/`;
    const above = `${basename(dirname(bodies.folder))}/`;
    sink.write(response({ index: 0, type: 'text/plain' }));
    sink.write(response({ index: 1, type: 'text/plain' }));
    expect(await sink.commit('power')).toBe('2');
    expect(files.log.slice(0, 2).sort()).toEqual(['000000.txt', '000001.txt']);
    expect(files.log.slice(2).sort()).toEqual([above, root, '000/'].sort());
    files.log.length = 0;
    sink.write(response({ index: 2, type: 'text/plain' }));
    await sink.commit('process');
    expect(files.log).toEqual([]);
    sink.write(response({ index: 1000, type: 'text/plain' }));
    expect(await sink.commit('power')).toBe('4');
    expect(files.log.slice(0, 2).sort()).toEqual(['000002.txt', '001000.txt']);
    expect(files.log.slice(2).sort()).toEqual(['000/', '001/', root].sort());
    files.log.length = 0;
    await sink.commit('power');
    expect(files.log).toEqual([]);
    await sink.close();
  });

  it('syncs what it took from an earlier run, whose power may have gone', async () => {
    const output = path('out.jsonl');
    const before = await openBodyFiles(output, { names: 'hash' });
    await store(before, 0, 'same');
    const files = new SyncLog();
    const bodies = await openBodyFiles(output, { names: 'hash', syncedBy: files });
    await store(bodies, 0, 'same');
    await bodies.sync();
    expect(files.log).toContain(`${sha256('same')}.txt`);
  });

  it('syncs nothing that was discarded, and is at peace with what others took away', async () => {
    const { files, bodies } = await opened();
    const gone = await stream(bodies, 0, 'gone', (stored) => bodies.discard(stored));
    expect(bodies.unsynced).toBe(0);
    await stream(bodies, 1, 'stays');
    const unsynced = new UnsyncedFiles(bodies.folder, files);
    unsynced.add(join(bodies.folder, '..', gone.file));
    await unsynced.sync();
    expect(files.log).not.toContain('000000.txt');
  });

  it('fails where a sync fails, and so does all that comes after it', async () => {
    const { files, sink } = await opened();
    const errors: Error[] = [];
    sink.onError = (error) => errors.push(error);
    files.failing = '000001.json';
    for (let index = 0; index < 3; index++) sink.write(response({ index }));
    await expect(sink.commit('power')).rejects.toMatchObject({ name: 'OutputError', code: 'EIO' });
    files.failing = '';
    await expect(sink.commit('power')).rejects.toBe(errors[0]);
    await expect(sink.close()).rejects.toBe(errors[0]);
    expect(errors).toHaveLength(1);
  });

  it('is not waited for where thousands of files wait: the writer does', async () => {
    let unsynced = 0;
    let synced = () => {};
    class Unsynced extends BodyFiles {
      override store(_: unknown, done: Parameters<BodyFiles['store']>[1]): void {
        unsynced++;
        done(undefined, 'file');
      }
      override get unsynced(): number {
        return unsynced;
      }
      override sync(): Promise<void> {
        unsynced = 0;
        return new Promise((resolve) => {
          synced = resolve;
        });
      }
    }
    const sink = new BodyFilesSink(new Unsynced('bodies'), recordsInMemory());
    let drains = 0;
    sink.onDrain = () => drains++;
    for (let index = 0; index < 4095; index++) sink.write(response({ index }));
    expect([sink.full, unsynced]).toEqual([false, 4095]);
    sink.write(response({ index: 4095 }));
    expect([sink.full, unsynced, drains]).toEqual([true, 0, 0]);
    synced();
    await new Promise((resolve) => setImmediate(resolve));
    expect([sink.full, drains]).toEqual([false, 1]);
  });

  it('needs to know beforehand that there will be any', async () => {
    const bodies = await openBodyFiles(path('out.jsonl'));
    await store(bodies, 0, 'same');
    expect(bodies.unsynced).toBe(0);
    await expect(bodies.sync()).rejects.toThrow('was opened without');
  });
});
