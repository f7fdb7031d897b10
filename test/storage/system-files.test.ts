// The real files: what Files and Appenders promise, tried in a folder of the system.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemAppenders } from '../../src/storage/appender.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';

let folder = '';
const files = new SystemFiles();
const appenders = new SystemAppenders();
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flurry-storage-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('SystemFiles', () => {
  it('writes and reads at positions, cuts, and knows the size', async () => {
    const file = await files.open(at('a'), 'create');
    await file.write(Buffer.from('hello world'), 0);
    await file.write(Buffer.from('W'), 6);
    expect(Buffer.from(await file.read(4, 100)).toString()).toBe('o World');
    expect(await file.read(11, 5)).toHaveLength(0);
    await file.truncate(5);
    await file.sync();
    expect(await file.size()).toBe(5);
    await file.close();
    expect(readFileSync(at('a'), 'utf8')).toBe('hello');
  });

  it('writes a large buffer whole', async () => {
    const file = await files.open(at('large'), 'create');
    const bytes = Buffer.alloc(5_000_000, 'abc');
    await file.write(bytes, 3);
    await file.close();
    expect(readFileSync(at('large')).subarray(3).equals(bytes)).toBe(true);
  });

  it('empties with create, keeps with update, and makes nothing to read', async () => {
    writeFileSync(at('a'), 'there');
    await (await files.open(at('a'), 'update')).close();
    expect(readFileSync(at('a'), 'utf8')).toBe('there');
    await (await files.open(at('new'), 'update')).close();
    expect(existsSync(at('new'))).toBe(true);
    await (await files.open(at('a'), 'create')).close();
    expect(readFileSync(at('a'), 'utf8')).toBe('');
    await expect(files.open(at('none'), 'read')).rejects.toMatchObject({ code: 'ENOENT' });
    const reader = await files.open(at('a'), 'read');
    await expect(reader.write(Buffer.from('x'), 0)).rejects.toMatchObject({ code: 'EBADF' });
    await reader.close();
  });

  it('renames over what is there, removes, makes folders, and tells what exists', async () => {
    await files.makeFolder(at('x/y'));
    await files.makeFolder(at('x/y'));
    writeFileSync(at('x/y/a'), 'a');
    writeFileSync(at('x/y/b'), 'b');
    await files.rename(at('x/y/a'), at('x/y/b'));
    await files.syncFolder(at('x/y'));
    expect(readFileSync(at('x/y/b'), 'utf8')).toBe('a');
    expect(await files.exists(at('x/y/a'))).toBe(false);
    expect(await files.exists(at('x/y/b'))).toBe(true);
    expect(await files.exists(at('x/y/b/c'))).toBe(false);
    await files.remove(at('x/y/b'));
    await files.remove(at('x/y/b'));
    expect(await files.exists(at('x/y/b'))).toBe(false);
    await expect(files.syncFolder(at('nowhere'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.runIf(existsSync('/dev/full'))('tells of a full disk by its code', async () => {
    const file = await files.open('/dev/full', 'update');
    await expect(file.write(Buffer.from('x'), 0)).rejects.toMatchObject({ code: 'ENOSPC' });
    await file.close();
  });
});

describe('SystemAppenders', () => {
  it('has each append in the file when it returns', () => {
    const file = appenders.create(at('a'));
    file.append(Buffer.from('one '));
    expect(readFileSync(at('a'), 'utf8')).toBe('one ');
    file.append(Buffer.from('two'));
    file.sync();
    file.close();
    expect(Buffer.from(appenders.read(at('a')) ?? []).toString()).toBe('one two');
    appenders.create(at('a')).close();
    expect(appenders.read(at('a'))).toHaveLength(0);
    expect(appenders.read(at('none'))).toBeUndefined();
  });

  it('goes on at the end of a file that has been renamed', () => {
    const file = appenders.create(at('a.new'));
    file.append(Buffer.from('1'));
    appenders.rename(at('a.new'), at('a'));
    appenders.syncFolder(folder);
    file.append(Buffer.from('2'));
    file.close();
    expect(readFileSync(at('a'), 'utf8')).toBe('12');
    appenders.remove(at('a'));
    appenders.remove(at('a'));
    expect(existsSync(at('a'))).toBe(false);
  });

  it('claims a name once', () => {
    expect(appenders.claim(at('lock'), 'mine')).toBe(true);
    expect(appenders.claim(at('lock'), 'yours')).toBe(false);
    expect(readFileSync(at('lock'), 'utf8')).toBe('mine');
    expect(() => appenders.claim(at('no/lock'), '')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it.runIf(existsSync('/dev/full'))('tells of a full disk by its code', () => {
    const file = appenders.create('/dev/full');
    expect(() => file.append(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    file.close();
  });
});
