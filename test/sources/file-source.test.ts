import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ENDED, WAITING } from '../../src/model/contracts.ts';
import { openFile } from '../../src/sources/file-source.ts';
import { readProblem } from '../../src/sources/input-problem.ts';
import { drain, pullReady, sourceContract } from '../contract/source.ts';
import { OPTIONS } from './fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-sources-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const { format, lineBytesMax, factory } = OPTIONS;
const FILE = { format, lineBytesMax, factory };

sourceContract('a file', (urls) => openFile(file('contract.txt', urls.join('\n')), FILE));

describe('openFile', () => {
  it('reads a file of many chunks in its form', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => `${i},"http://a.test/${i}"\r\n`);
    const items = await drain(openFile(file('many.csv', `id,url\r\n${rows.join('')}`), FILE));
    expect(items).toHaveLength(10_000);
    expect(items.at(-1)).toMatchObject({ index: 9999, id: '9999', url: 'http://a.test/9999' });
  });

  it('reads a file without an end of line, and an empty one', async () => {
    expect(await drain(openFile(file('one', 'http://a.test/'), FILE))).toHaveLength(1);
    expect(await drain(openFile(file('none', ''), FILE))).toEqual([]);
    expect(await drain(openFile(file('none.csv', ''), FILE))).toEqual([]);
  });

  it('says at once that a file is missing or a directory', () => {
    const missing = join(folder, 'missing.txt');
    expect(() => openFile(missing, FILE)).toThrow(
      `there is no file ${missing}; check its path, or give - to read standard input`,
    );
    expect(() => openFile(folder, FILE)).toThrow(
      `${folder} is a directory; give a file, or join its files: cat`,
    );
  });

  it('reads a file that is deleted after it was opened', async () => {
    const path = file('deleted.txt', 'http://a.test/1\n');
    const source = openFile(path, FILE);
    rmSync(path);
    expect(await drain(source)).toHaveLength(1);
  });

  it.runIf(process.platform === 'linux')('reads a named pipe, and can be closed while it waits', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    // Open at both ends, so that opening it to read does not wait for a writer.
    const writer = openSync(path, 'r+');
    const source = openFile(path, { ...FILE, format: 'lines' });
    writeSync(writer, 'http://a.test/1\nhttp://a.test/2\n');
    expect([(await pullReady(source)).type, (await pullReady(source)).type]).toEqual(['request', 'request']);
    expect(source.pull()).toBe(WAITING);
    source.close();
    expect(source.pull()).toBe(ENDED);
    closeSync(writer);
  });
});

describe('readProblem', () => {
  const problem = (code: string) =>
    readProblem('urls.txt', Object.assign(new Error('raw'), { code })).message;

  it.each([
    ['ENOENT', 'there is no file urls.txt;'],
    ['EACCES', 'no permission to read urls.txt; see who has it: ls -l urls.txt'],
    ['EPERM', 'no permission to read urls.txt;'],
    ['EISDIR', 'urls.txt is a directory;'],
    ['EMFILE', 'no file descriptor left to open urls.txt; raise the limit: ulimit -n'],
    ['ENFILE', 'no file descriptor left'],
    ['EIO', 'reading urls.txt failed: raw;'],
    ['constructor', 'reading urls.txt failed: raw;'],
  ])('has words for %s', (code, message) => {
    expect(problem(code)).toContain(message);
  });

  it('keeps what it stands for as its cause, whatever was thrown', () => {
    expect(readProblem('urls.txt', 'a string')).toMatchObject({ cause: 'a string' });
    expect(readProblem('urls.txt', undefined).message).toContain('reading urls.txt failed: undefined');
  });
});
