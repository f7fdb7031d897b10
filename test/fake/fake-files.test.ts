// The simulated files: what they lose and what they must keep. Tests of durability are worth no more than this.

import { describe, expect, it } from 'vitest';
import { Crashed, FakeFiles } from './fake-files.ts';

const bytes = (text: string) => Buffer.from(text);

async function written(files: FakeFiles, path: string, text: string, sync = false) {
  const file = await files.open(path, 'create');
  await file.write(bytes(text), 0);
  if (sync) await file.sync();
  return file;
}

/** What 300 losses of power leave of a file. */
function afterPowerLosses(files: FakeFiles, path: string): Set<string | undefined> {
  return new Set(Array.from({ length: 300 }, (_, seed) => files.crash('power', seed).text(path)));
}

describe('FakeFiles', () => {
  it('behaves as files do', async () => {
    const files = new FakeFiles();
    const file = await written(files, 'a', 'hello');
    await file.write(bytes('!'), 7);
    expect(files.text('a')).toBe('hello\0\0!');
    await file.truncate(2);
    await file.truncate(4);
    expect(files.text('./a')).toBe('he\0\0');
    expect(await file.size()).toBe(4);
    expect(Buffer.from(await file.read(1, 10)).toString()).toBe('e\0\0');
    await file.close();
    await files.rename('a', 'b');
    expect([await files.exists('a'), await files.exists('b'), files.paths]).toEqual([false, true, ['b']]);
    await (await files.open('b', 'update')).close();
    expect(files.text('b')).toBe('he\0\0');
    await (await files.open('b', 'create')).close();
    expect(files.text('b')).toBe('');
    await files.remove('b');
    await files.remove('b');
    expect(files.paths).toEqual([]);
    await files.makeFolder('x/y');
    await (await written(files, 'x/y/c', 'c')).close();
    expect(`${files}`).toBe('files 1, operations 13');
  });

  it('gives the errors of a system', async () => {
    const files = new FakeFiles();
    const code = (code: string) => expect.objectContaining({ code });
    await expect(files.open('a', 'read')).rejects.toEqual(code('ENOENT'));
    await expect(files.open('no/a', 'create')).rejects.toEqual(code('ENOENT'));
    await expect(files.open('.', 'create')).rejects.toEqual(code('EISDIR'));
    await expect(files.rename('a', 'b')).rejects.toEqual(code('ENOENT'));
    await expect(files.syncFolder('no')).rejects.toEqual(code('ENOENT'));
    const file = await written(files, 'a', '');
    await file.close();
    await expect(file.size()).rejects.toEqual(code('EBADF'));
    await expect((await files.open('a', 'read')).write(bytes('x'), 0)).rejects.toEqual(code('EBADF'));
  });

  it('finds out who changes bytes too early or does two things at a time', async () => {
    const files = new FakeFiles();
    const file = await files.open('a', 'create');
    const buffer = bytes('before');
    const write = file.write(buffer, 0);
    buffer.write('after!');
    await expect(file.write(buffer, 0)).rejects.toThrow('another operation is under way');
    await write;
    expect(files.text('a')).toBe('after!');
  });

  it('keeps at a crash of the process all that was handed over', async () => {
    const files = new FakeFiles();
    await written(files, 'a', 'unsynced');
    await files.rename('a', 'b');
    const found = files.crash('process');
    expect(found.text('b')).toBe('unsynced');
    await expect(files.exists('b')).rejects.toThrow(Crashed);
    // The power may still be lost later.
    expect(afterPowerLosses(found, 'b').has(undefined)).toBe(true);
  });

  it('loses with the power what was not synced: all, nothing, or a part', async () => {
    const files = new FakeFiles();
    files.put('a', 'old');
    const file = await files.open('a', 'update');
    await file.write(bytes('synced'), 0);
    await file.sync();
    await file.write(bytes('1234'), 6);
    await file.write(bytes('5678'), 10);
    const found = afterPowerLosses(files, 'a');
    for (const text of found) expect(text).toMatch(/^synced/);
    for (const text of ['synced', 'synced1234', 'synced12345678', 'synced\0\0\0\x005678'])
      expect([...found]).toContain(text);
    expect([...found].some((text) => /^synced1(23?)?$/.test(text ?? ''))).toBe(true);
  });

  it('loses with the power names that were not synced, by themselves and never by half', async () => {
    const files = new FakeFiles();
    files.put('a', 'old');
    await written(files, 'a.new', 'new', true);
    await files.rename('a.new', 'a');
    expect(afterPowerLosses(files, 'a')).toEqual(new Set(['old', 'new']));
    expect(afterPowerLosses(files, 'a.new')).toEqual(new Set([undefined, 'new']));
  });

  it('keeps names that were synced', async () => {
    const files = new FakeFiles();
    await written(files, 'a.new', 'new', true);
    await files.rename('a.new', 'a');
    await files.syncFolder('.');
    expect(afterPowerLosses(files, 'a')).toEqual(new Set(['new']));
    const later = files.crash('process');
    await later.remove('a');
    expect(afterPowerLosses(later, 'a')).toEqual(new Set([undefined, 'new']));
  });

  it('keeps a name, and may lose the contents that were not synced before it', async () => {
    const files = new FakeFiles();
    await written(files, 'a.new', 'new');
    await files.rename('a.new', 'a');
    await files.syncFolder('.');
    expect([...afterPowerLosses(files, 'a')]).toEqual(expect.arrayContaining(['', 'new', 'n']));
  });

  it('crashes before, within and after an operation', async () => {
    for (const [moment, text] of [
      ['before', ''],
      ['half', '12'],
      ['after', '1234'],
    ] as const) {
      const files = new FakeFiles().crashAt(2, moment);
      const file = await files.open('a', 'create');
      await expect(file.write(bytes('1234'), 0)).rejects.toThrow(Crashed);
      await expect(file.write(bytes('5678'), 4)).rejects.toThrow(Crashed);
      expect(() => files.appenders.remove('a')).toThrow(Crashed);
      expect(files.crash('process').text('a')).toBe(text);
      expect(files.log).toEqual(['open a create', 'write a 0+4']);
    }
  });

  it('fails by number, kind and path, once or from then on', async () => {
    const files = new FakeFiles()
      .failAt(2, 'ENOSPC', { kind: 'write', path: 'a', half: true })
      .failAt(1, 'EIO', { kind: 'read', path: /^b/ })
      .failAt(1, 'EROFS', { kind: 'rename', stays: true });
    const [a, b] = [await files.open('a', 'create'), await files.open('b', 'create')];
    await b.write(bytes('b'), 0);
    await a.write(bytes('1'), 0);
    await expect(a.write(bytes('2345'), 1)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(files.text('a')).toBe('123');
    await a.write(bytes('2345'), 1);
    expect(await a.read(0, 9)).toHaveLength(5);
    await expect(b.read(0, 9)).rejects.toMatchObject({ code: 'EIO' });
    expect(await b.read(0, 9)).toHaveLength(1);
    for (let i = 0; i < 3; i++) await expect(files.rename('a', 'c')).rejects.toMatchObject({ code: 'EROFS' });
  });

  it('loses for good what a failed sync has not written, though the next one succeeds', async () => {
    const files = new FakeFiles().failAt(1, 'EIO', { kind: 'sync' });
    const file = await written(files, 'a', 'lost');
    await files.syncFolder('.');
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
    await file.sync();
    expect(files.text('a')).toBe('lost');
    expect(afterPowerLosses(files, 'a')).toEqual(new Set(['']));
  });

  it('holds every operation until it is released', async () => {
    const files = new FakeFiles();
    files.hold();
    const opening = files.open('a', 'create');
    for (let i = 0; i < 10; i++) await undefined;
    expect(files.operations).toBe(0);
    files.release();
    await opening;
    expect(files.operations).toBe(1);
  });

  it('has the same files for who cannot wait', async () => {
    const files = new FakeFiles().crashAt(4, 'half');
    const { appenders } = files;
    const file = appenders.create('a');
    file.append(bytes('12'));
    file.sync();
    expect(files.text('a')).toBe('12');
    expect(appenders.claim('a', '')).toBe(false);
    expect(() => file.append(bytes('3456'))).toThrow(Crashed);
    expect(files.crash('process').text('a')).toBe('1234');
  });
});
