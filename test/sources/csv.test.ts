import { stringify } from 'csv-stringify/sync';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequest } from '../../src/model/invalid.ts';
import type { Failure } from '../../src/model/outcome.ts';
import type { Request } from '../../src/model/request.ts';
import { type CsvOptions, openCsv } from '../../src/sources/csv.ts';
import { openInput } from '../../src/sources/input-source.ts';
import { shownItem, sourceContract } from '../contract/source.ts';
import { cutAt, factory, itemsOf, OPTIONS, textStream } from './fixture.ts';

const CSV: CsvOptions = { name: 'in.csv', factory, lineBytesMax: 10_000, rowToUrl: undefined };

const read = async (
  bytes: Buffer | string,
  options: Partial<CsvOptions> = {},
  places: readonly number[] = [],
) => itemsOf(await openCsv({ ...CSV, ...options }), cutAt(Buffer.from(bytes), places));

/** Each item as its URL, or as the message of its failure. */
const told = async (bytes: Buffer | string, options: Partial<CsvOptions> = {}) =>
  (await read(bytes, options)).map((item) => (item.type === 'failure' ? item.message : item.url));

sourceContract('CSV', (urls) =>
  openInput(textStream(`url\n${urls.map((url) => `${url}\n`).join('')}`), { ...OPTIONS, format: 'csv' }),
);

describe('CsvRows', () => {
  it('reads url, method, body and id, and leaves other columns alone', async () => {
    const text =
      'id,URL,note, Method ,body\n7,http://a.test/1,x,,\n,http://a.test/2,y, PUT ,"a ""b""\r\nc,d"\n,"http://a.test/3 ",,,\n';
    expect((await read(text)).map(shownItem)).toEqual([
      '0 GET http://a.test/1 7 ""',
      `1 PUT http://a.test/2 undefined "" ${Buffer.from('a "b"\r\nc,d').toString('hex')}`,
      '2 GET http://a.test/3 undefined ""',
    ]);
  });

  it('makes the URL from a template over the columns; there only id has a meaning of its own', async () => {
    const seen: unknown[] = [];
    const items = await read('host,method,id\na.test, x ,1\nbad host,y,2\nb.test,z,3\n', {
      rowToUrl: (columns) => {
        seen.push(columns);
        return ([host, method]) => {
          if (host === 'bad host') throw new InvalidRequest('no such row');
          return `http://${host}/${method}`;
        };
      },
    });
    expect(seen).toEqual([['host', 'method', 'id']]);
    expect(items.map(shownItem)).toEqual([
      '0 GET http://a.test/%20x%20 1 ""',
      '1 failure 3 : line 3: no such row',
      '2 GET http://b.test/z 3 ""',
    ]);
  });

  it('skips blank lines, and counts them', async () => {
    expect(await told('\r\n url \r\n\r\nhttp://a.test/1\r\n   \r\nnonsense\r\n\r\n')).toEqual([
      'http://a.test/1',
      'line 6: no http:// or https:// URL: nonsense',
    ]);
  });

  it('counts the lines inside of quoted fields', async () => {
    const body = '"one\r\ntwo\n\nthree ""quoted"""';
    expect(
      await told(`url,body\r\nhttp://a.test/1,${body}\r\nnonsense,${body}\r\nhttp://a.test/2,\r\n,\r\n`),
    ).toEqual([
      'http://a.test/1',
      'line 6: no http:// or https:// URL: nonsense',
      'http://a.test/2',
      'line 11: the column url is empty',
    ]);
  });

  it('fails a row of another width', async () => {
    expect(await told('id,url\n1,http://a.test/1\n2\n3,http://a.test/3,x\n4,http://a.test/4')).toEqual([
      'http://a.test/1',
      'line 3: 1 column, and the header has 2 columns',
      'line 4: 3 columns, and the header has 2 columns',
      'http://a.test/4',
    ]);
  });

  it.each([
    ['http://a.test/"x",', 'line 3: a quote in a field that is not quoted'],
    ['"http://a.test/"x,', 'line 3: text behind a closing quote'],
    ['http://a.test/x,"', 'line 3: a quote opens here that nothing closes'],
    ['http://a.test/5"x,', 'line 3: a quote in a field that is not quoted'],
  ])('gives up the line %s alone', async (row, message) => {
    const told_ = await told(`url,id\nhttp://a.test/1,1\n${row}\nhttp://a.test/2,\nhttp://a.test/3,3`);
    expect(told_).toHaveLength(4);
    expect(told_[1]).toContain(message);
    expect([told_[0], told_[2], told_[3]]).toEqual(['http://a.test/1', 'http://a.test/2', 'http://a.test/3']);
  });

  it('gives up a stray quote without waiting for another one, and a quoted field only at the end', async () => {
    const form = await openCsv(CSV);
    form.push(Buffer.from('url,x\nhttp://a.test/1,5" disk\nhttp://a.test/2,y\nhttp://a.test/3,"open\n'));
    const failure = form.next(0) as Failure;
    expect([failure.type, failure.line]).toEqual(['failure', 2]);
    expect((form.next(1) as Request).url).toBe('http://a.test/2');
    expect(form.next(2)).toBeUndefined();
    form.push(Buffer.from('http://a.test/4,z\n'));
    expect(form.next(2)).toBeUndefined();
    expect(String(form)).toBe('CSV rows at CSV records at line 5, 0 B held in 0 B, 2 lines open, 0 again');
    form.finish();
    expect((form.next(2) as Failure).line).toBe(4);
    expect((form.next(3) as Request).url).toBe('http://a.test/4');
    expect(form.next(4)).toBeUndefined();
  });

  it('gives up a quoted field over the limit and reads on with the line behind the one that opened it', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => `http://a.test/${i},x`).join('\n');
    const items = await told(`url,body\nhttp://a.test/open,"\n${rows}`, { lineBytesMax: 100 });
    expect(items).toHaveLength(51);
    expect(items[0]).toBe('line 2: a quote opens here that nothing closes within 100 B or 100,000 lines');
    expect(items[50]).toBe('http://a.test/49');
  });

  it('gives up a quoted field of too many lines', async () => {
    const items = await told(`url,body\nhttp://a.test/open,"\n${'\n'.repeat(100_000)}http://a.test/1,x`, {
      lineBytesMax: 1 << 20,
    });
    expect(items).toEqual([
      'line 2: a quote opens here that nothing closes within 1.00 MiB or 100,000 lines',
      'http://a.test/1',
    ]);
  });

  it('fails a line over the limit, alone or inside of a quoted field', async () => {
    const long = 'x'.repeat(200);
    const items = await told(`url,body\n${long},\nhttp://a.test/1,"a\n${long}\nhttp://a.test/2,`, {
      lineBytesMax: 100,
    });
    expect(items).toEqual([
      'line 2: longer than 100 B; --input-line-max raises the limit',
      'line 3: a quote opens here that nothing closes within 100 B or 100,000 lines',
      'line 4: longer than 100 B; --input-line-max raises the limit',
      'http://a.test/2',
    ]);
  });

  it('does not take what it keeps of a line over the limit for the line', async () => {
    const text = `url,body\nhttp://a.test/1,"a\n${'x'.repeat(3000)}\nb"\nhttp://a.test/2,`;
    expect((await read(text, { lineBytesMax: 2000 })).map((item) => item.type)).toEqual([
      ...['failure', 'failure', 'failure', 'request'],
    ]);
  });

  it('fails a record that is not UTF-8, as a whole', async () => {
    const text = 'url,body\nhttp://a.test/1,\u00e9\nhttp://a.test/2,"a\n\u00e9\nb"\nhttp://a.test/3,x';
    const items = await read(Buffer.from(text, 'latin1'));
    expect(items.map((item) => (item as Failure).line)).toEqual([2, 3, undefined]);
    expect((items[1] as Failure).message).toContain('not UTF-8');
  });

  it.each([
    ['link,note\nx,y', 'has no column called url: its header, split at commas, is link, note'],
    ['uri,note\nx,y', 'perhaps "uri"'],
    ['url;id\nx,y', 'split at commas, is url;id'],
    ['url,id,URL\nx,y,z', 'two columns called url'],
    ['url,"id\nx,y', 'no readable CSV header: line 1: a quote opens here'],
    ['http://user:secret@a.test/,http://user:secret@a.test/\n', 'is http://a.test/, http://a.test/'],
  ])('refuses the header of %j', async (text, message) => {
    const error = await read(text).then(
      () => undefined,
      (e: Error) => e,
    );
    expect(error?.message).toContain(message);
    expect(error?.message).toMatch(/^in\.csv /);
    expect(error?.message).not.toContain('secret');
  });

  it('shows nothing but the URL of a row that fails', async () => {
    const text =
      'url,body,key\nnonsense,secret,secret\nhttp://user:secret@a.test/,secret\nftp://user:secret@a.test/,,secret\nx,"secret"secret,\n';
    const items = await read(text);
    expect(items).toHaveLength(4);
    expect(items.map(shownItem).join()).not.toContain('secret');
    expect(items.map((item) => item.url)).toEqual(['nonsense', 'http://a.test/', 'ftp://a.test/', '']);
  });

  it('reads back what a CSV library wrote, with its line numbers, however it is cut', async () => {
    const body = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', '\u00e9', '\u{1f600}', '\r'),
      maxLength: 8,
    });
    const row = fc.record({ url: fc.constantFrom('http://a.test/', 'nonsense'), body, id: body });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 6 }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (rows, places, end, quoted) => {
          // A lone carriage return ends no line here, and the library does not quote it unless told to.
          const text = stringify(rows, {
            header: true,
            columns: ['url', 'body', 'id'],
            record_delimiter: end,
            quoted,
            quoted_match: /[\r\n]/,
          });
          const items = await read(text, {}, places);
          expect(items).toHaveLength(rows.length);
          let line = 2;
          rows.forEach((wanted, i) => {
            const item = items[i]!;
            expect(item.type).toBe(wanted.url === 'nonsense' ? 'failure' : 'request');
            if (item.type === 'failure') expect(item.line).toBe(line);
            else expect([bodyOf(item), item.id ?? '']).toEqual([wanted.body, wanted.id]);
            line += 1 + `${wanted.body}${wanted.id}`.split('\n').length - 1;
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never loses a good row to a broken one, however it is cut', async () => {
    const line = fc.constantFrom(
      'http://a.test/,x',
      '"http://a.test/","x"',
      'a"b,c',
      'x,y,z',
      'http://a.test/,""',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 10 }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        async (lines, places) => {
          const items = await read(`url,x\n${lines.join('\n')}`, {}, places);
          const good = lines.filter((text) => text.includes('http:')).length;
          expect(items.filter((item) => item.type === 'request')).toHaveLength(good);
          expect(items).toHaveLength(lines.length);
          expect(items.map((item) => item.index)).toEqual(lines.map((_, i) => i));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps thousands of rows in order, with broken ones among them', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => (i % 97 === 5 ? 'a"b' : `http://a.test/${i}`));
    const items = await read(`url\n${rows.join('\n')}`);
    expect(items.map((item) => (item.type === 'failure' ? 'a"b' : item.url))).toEqual(rows);
    expect(items.every((item) => item.type === 'request' || item.line === item.index + 2)).toBe(true);
  });
});

function bodyOf(request: Request): string {
  return request.body === undefined ? '' : Buffer.from(request.body).toString();
}
