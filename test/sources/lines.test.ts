import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openInput } from '../../src/sources/input-source.ts';
import { UrlLines } from '../../src/sources/lines.ts';
import { shownItem, sourceContract } from '../contract/source.ts';
import { cutAt, factory, itemsOf, OPTIONS, textStream } from './fixture.ts';

const read = (bytes: Buffer | string, lineBytesMax = 1000, places: readonly number[] = []) =>
  itemsOf(new UrlLines(factory, lineBytesMax), cutAt(Buffer.from(bytes), places));

sourceContract('text', (urls) =>
  openInput(textStream(urls.map((url) => `${url}\n`).join('')), { ...OPTIONS, format: 'lines' }),
);

describe('UrlLines', () => {
  it('skips blank lines and comments, which count as lines but take no index', () => {
    const items = read(
      '# a list\n\nhttp://a.test/1\n  \t\n  # more\r\n  http://a.test/2 \r\nwrong\nhttp://a.test/3',
    );
    expect(items.map(shownItem)).toEqual([
      '0 GET http://a.test/1 undefined ""',
      '1 GET http://a.test/2 undefined ""',
      '2 failure 7 wrong: line 7: no http:// or https:// URL: wrong',
      '3 GET http://a.test/3 undefined ""',
    ]);
  });

  it('makes the same of a text however it is cut', () => {
    const line = fc.constantFrom(
      'http://a.test/x',
      'http://a.test/caf\u00e9?\u20ac=\u{1f600}',
      '  https://b.test  ',
      '# comment',
      '',
      ' ',
      'nonsense',
      `http://a.test/${'long'.repeat(10)}`,
    );
    const end = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, end), { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 10 }),
        (lines, places) => {
          const text = lines.flat().join('');
          expect(read(text, 40, places).map(shownItem)).toEqual(read(text, 40).map(shownItem));
          const wanted = lines.filter(([url]) => url.trim() !== '' && !url.startsWith('#'));
          expect(read(text, 40, places)).toHaveLength(wanted.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes a line of the limit and fails one of a byte more', () => {
    const url = (bytes: number) => 'http://a.test/'.padEnd(bytes, 'x');
    const items = read([99, 100, 101, 99].map(url).join('\n'), 100);
    expect(items.map((item) => item.type)).toEqual(['request', 'request', 'failure', 'request']);
    expect(items[2]).toMatchObject({
      line: 3,
      message: 'line 3: longer than 100 B; --input-line-max raises the limit',
    });
  });

  it('skips a comment of any length', () => {
    expect(read(`#${'x'.repeat(5000)}\nhttp://a.test/`).map((item) => item.url)).toEqual(['http://a.test/']);
  });

  it('fails a line that is not UTF-8 instead of asking for another URL', () => {
    const items = read(Buffer.from('http://a.test/caf\u00e9\nhttp://a.test/2\n', 'latin1'));
    expect(items[0]).toMatchObject({ type: 'failure', line: 1, url: 'http://a.test/caf\ufffd' });
    expect(items[0]?.type === 'failure' && items[0].message).toContain('not UTF-8');
    expect(items[1]).toMatchObject({ type: 'request', index: 1 });
  });

  it('shows no password, also not of a line that was cut in the middle of one', () => {
    const cut = `http://user:${'secret'.repeat(500)}@a.test/`;
    const items = read(`ftp://user:secret@a.test/\n${cut}\n`, 100);
    expect(items.map((item) => item.url)).toEqual(['ftp://a.test/', 'http://']);
    expect(items.map(shownItem).join()).not.toContain('secret');
  });
});
