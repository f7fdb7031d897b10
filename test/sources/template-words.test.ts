// Files of words, read for `@words.txt`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readWordsFile } from '../../src/sources/template/words.ts';
import { compile, expand, templateError } from './template-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'words-'));
afterAll(() => rmSync(folder, { recursive: true }));

function wordsIn(content: string | Buffer): string[] {
  const path = join(folder, 'words.txt');
  writeFileSync(path, content);
  return readWordsFile(path);
}

describe('a file of words', () => {
  it.each<[string, string[]]>([
    ['one\ntwo\n', ['one', 'two']],
    ['one\r\ntwo\r\n', ['one', 'two']],
    ['one\n\n\r\ntwo', ['one', 'two']],
    ['\ufeffone\n\ufefftwo', ['one', '\ufefftwo']],
    [' a b \n\tc', [' a b ', '\tc']],
    ['', []],
    ['\ufeff', []],
  ])('%j', (content, words) => {
    expect(wordsIn(content)).toEqual(words);
  });

  it('is read whole across chunks, characters of several bytes too', () => {
    const words = Array.from({ length: 150_000 }, (_, i) => `wörd😀${i}`);
    expect(wordsIn(`${words.join('\n')}\n`)).toEqual(words);
  });

  it('is refused where a line is endless', () => {
    const content = `one\n${'x'.repeat(3 * 1024 * 1024)}`;
    expect(() => wordsIn(content)).toThrow('line 2 is too long for a word');
  });

  it('serves a variable, and is named where it is missing', () => {
    writeFileSync(join(folder, 'few.txt'), 'a\nb\n');
    const readWords = (path: string) => readWordsFile(join(folder, path));
    expect(expand('/{w}', { vars: { w: '@few.txt' }, readWords })).toEqual(['/a', '/b']);
    const missing = templateError(() => compile('/{w}', { vars: { w: '@none.txt' }, readWords }));
    expect(missing.message).toBe('cannot read none.txt: there is no such file\n  w=@none.txt\n     ^');
    const notFile = templateError(() => compile('/{w}', { vars: { w: '@.' }, readWords }));
    expect(notFile.message).toContain('it is a folder');
  });
});
