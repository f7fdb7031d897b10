import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDED, WAITING } from '../../src/model/contracts.ts';
import { type InputOptions, openInput } from '../../src/sources/input-source.ts';
import { drain, pullReady, shownItem } from '../contract/source.ts';
import { cutAt, inPieces, OPTIONS, streamOf, textStream } from './fixture.ts';

const open = (text: string, options: Partial<InputOptions> = {}, pieceBytes?: number) =>
  openInput(textStream(text, pieceBytes), { ...OPTIONS, ...options });

const urlsOf = async (text: string, options: Partial<InputOptions> = {}, pieceBytes?: number) =>
  (await drain(open(text, options, pieceBytes))).map((item) => item.url);

const A = 'http://a.test/a';
const LINES = `${A}\n`;
const JSONL = `\n {"url":"${A}"}\n`;
const CSV = `id,url\n1,${A}\n`;

describe('the form of an input', () => {
  it.each([
    ['lines', LINES],
    ['lines with a comment first', `# a,url\n${A}\n`],
    ['lines of one URL without an end', A],
    ['lines with commas', `${A}\nnonsense,url\n`],
    ['a line that ends like a header', `${A},url\n`],
    ['JSON objects', JSONL],
    ['JSON strings', `"${A}"\n`],
    ['CSV', CSV],
    ['CSV of one column', `URL\r\n${A}\r\n`],
    ['CSV with a header in quotes', `\n"id","url"\n"1","${A}"\n`],
  ])('is told by the first line: %s', async (_, text) => {
    for (const pieceBytes of [1, 5, 1000]) expect((await urlsOf(text, {}, pieceBytes))[0]).toMatch(A);
  });

  it.each([
    ['x.jsonl', `${JSON.stringify('nonsense')}\n"${A}"`, 1],
    ['x.NDJSON', `\n"${A}"`, 0],
    ['x.json', `"${A}"`, 0],
    ['dir.csv/x.csv', `u,"url"\n1,${A}`, 0],
    ['x.txt', `url\n${A}`, 1],
    ['x.tsv', LINES, 0],
    ['csv', LINES, 0],
  ])('is told by the name %s before that', async (name, text, at) => {
    expect((await urlsOf(text, { name }))[at]).toBe(A);
  });

  it.each(['x.json', 'export.TXT'])('is a HAR file by its content under the name %s', async (name) => {
    const har = { log: { version: '1.2', entries: [{ request: { method: 'GET', url: A, headers: [] } }] } };
    for (const text of [JSON.stringify(har), JSON.stringify(har, null, 2)]) {
      for (const pieceBytes of [1, 1000]) expect(await urlsOf(text, { name }, pieceBytes)).toEqual([A]);
    }
    expect(await urlsOf(JSON.stringify(har), { name, format: 'jsonl' })).not.toEqual([A]);
  });

  it('is what was asked for, before anything else', async () => {
    expect(await urlsOf(CSV, { format: 'lines', name: 'x.csv' })).toEqual(['id,url', `1,${A}`]);
  });

  it('is CSV where a template over columns makes the URLs', async () => {
    const rowToUrl = () => (row: readonly string[]) => `http://${row[0]}/`;
    expect(await urlsOf('host\na.test\n', { rowToUrl })).toEqual(['http://a.test/']);
    expect(await urlsOf('host\na.test\n', { rowToUrl, name: 'x.txt' })).toEqual(['http://a.test/']);
    expect(() => open('', { rowToUrl, format: 'lines' })).toThrow(
      'a URL with {column} in it needs CSV, and input is read as lines; leave one of them out',
    );
    expect(() => open('', { rowToUrl, name: 'x.jsonl' })).toThrow('x.jsonl is read as jsonl');
  });

  it('is decided after 16 KiB of one line', async () => {
    const text = `http://a.test/${'x'.repeat(100_000)}\n${LINES}`;
    expect((await urlsOf(text, {}, 1024)).map((url) => url.length)).toEqual([100_014, A.length]);
    let asked = 0;
    const endless = (async function* () {
      for (; asked < 1000; asked++) yield Buffer.alloc(1024, 'x');
    })();
    const source = openInput(endless, OPTIONS);
    source.pull();
    await new Promise<void>((resolve) => {
      source.onReady = resolve;
    });
    expect(String(source)).toContain('URL lines');
    expect(asked).toBe(16);
  });

  it.each(['lines', 'jsonl', 'csv'] as const)('%s drops a byte order mark at the start', async (format) => {
    const text = { lines: LINES, jsonl: JSONL, csv: `url\n${A}\n` }[format];
    for (const pieceBytes of [1, 2, 1000]) {
      expect(await urlsOf(`\ufeff${text}`, { format }, pieceBytes)).toEqual([A]);
      expect(await urlsOf(`\ufeff${text}`, {}, pieceBytes)).toEqual([A]);
    }
  });

  it.each([
    ['UTF-16', Buffer.from(`\ufeff${LINES}`, 'utf16le'), 'input is UTF-16; convert it first: iconv'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'input is compressed with gzip; unpack it'],
  ])('is no form at all in %s', async (_, bytes, message) => {
    const source = openInput(streamOf(inPieces(bytes, 1)), OPTIONS);
    await expect(drain(source)).rejects.toThrow(message);
    expect(() => source.pull()).toThrow(message);
  });
});

describe('openInput', () => {
  it('gives the same items however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(LINES.repeat(3), `${JSONL}oops\n\n"${A}"`, `${CSV}2\n"3","${A}"\n`, '', '\n'),
        fc.array(fc.nat(80), { maxLength: 10 }),
        async (text, places) => {
          const chunks = cutAt(Buffer.from(text), places);
          const items = await drain(openInput(streamOf(chunks), OPTIONS));
          expect(items.map(shownItem)).toEqual((await drain(open(text, {}, 1000))).map(shownItem));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('asks for nothing before the first pull', async () => {
    let asked = 0;
    const stream = (async function* () {
      asked++;
      yield Buffer.from(LINES);
    })();
    const source = openInput(stream, OPTIONS);
    await settled();
    expect(asked).toBe(0);
    expect(String(source)).toBe('input input new after 0 items');
    source.pull();
    await settled();
    expect(asked).toBe(1);
  });

  it('reads one chunk ahead and no more', async () => {
    let asked = 0;
    const stream = (async function* () {
      for (;;) {
        asked++;
        yield Buffer.from(LINES.repeat(100));
      }
    })();
    const source = openInput(stream, OPTIONS);
    for (let chunk = 1; chunk <= 5; chunk++) {
      for (let i = 0; i < 100; i++) await pullReady(source);
      await settled();
      expect(asked).toBe(chunk + 1);
    }
    expect(String(source)).toMatch(/^input input ahead after 500 items, URL lines at line 500, 0 B held in /);
    source.close();
    expect(source.pull()).toBe(ENDED);
  });

  it('gives what came before a broken read, then says what broke, each time', async () => {
    const stream = (async function* () {
      yield Buffer.from(`${A}\n${A}\nhttp://a.test/cut-of`);
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    })();
    const source = openInput(stream, { ...OPTIONS, name: 'disk.txt' });
    await pullReady(source);
    await settled();
    expect((await pullReady(source)).type).toBe('request');
    const message = 'reading disk.txt failed: EIO: i/o error, read; see whether it can be read at all';
    expect(() => source.pull()).toThrow(message);
    expect(() => source.pull()).toThrow(message);
    source.close();
  });

  it('wakes whoever waits when the read breaks', async () => {
    const stream = new Readable({ read: () => stream.destroy(new Error('gone')) });
    const source = openInput(stream, OPTIONS);
    await expect(drain(source)).rejects.toThrow('reading input failed: gone');
  });

  it('says what is wrong with the whole input when it is pulled, and lets go of the stream', async () => {
    let finished = false;
    const stream = (async function* () {
      try {
        yield Buffer.from(`link\nurl\n${A}\n`);
        yield Buffer.from(`${A}\n`);
        yield Buffer.from(`${A}\n`);
      } finally {
        finished = true;
      }
    })();
    const source = openInput(stream, { ...OPTIONS, name: 'x.csv' });
    await expect(drain(source)).rejects.toThrow('x.csv has no column called url');
    await settled();
    expect(finished).toBe(true);
    expect(() => source.pull()).toThrow('x.csv has no column called url');
  });

  it('destroys a Node stream that it waits for when it is closed', async () => {
    const stream = new Readable({ read: () => undefined });
    const source = openInput(stream, OPTIONS);
    expect(source.pull()).toBe(WAITING);
    source.close();
    await settled();
    expect(stream.destroyed).toBe(true);
    expect(source.pull()).toBe(ENDED);
  });

  it('stays closed when the read under way breaks off', async () => {
    const stream = new Readable({ read: () => undefined });
    stream.push(LINES);
    const source = openInput(stream, OPTIONS);
    await pullReady(source);
    expect(source.pull()).toBe(WAITING);
    source.close();
    await settled();
    expect(source.pull()).toBe(ENDED);
  });

  it('destroys a Node stream that was never read when it is closed', () => {
    const stream = Readable.from([Buffer.from(LINES)]);
    openInput(stream, OPTIONS).close();
    expect(stream.destroyed).toBe(true);
  });

  it('waits again and again for a slow stream, and gives each line when it is whole', async () => {
    const stream = new Readable({ read: () => undefined });
    const source = openInput(stream, { ...OPTIONS, format: 'lines' });
    const pulled = [source.pull()];
    for (const piece of ['http://a.t', 'est/1\nhttp://a.test/2\nhttp', '://a.test/3', null]) {
      stream.push(piece);
      await settled();
      pulled.push(source.pull(), source.pull());
    }
    await settled();
    pulled.push(source.pull(), source.pull());
    expect(pulled.map((item) => ('url' in item ? item.url : item.type))).toEqual([
      ...['waiting', 'waiting', 'waiting'],
      ...['http://a.test/1', 'http://a.test/2'],
      ...['waiting', 'waiting'],
      ...['http://a.test/3', 'ended'],
      ...['ended', 'ended'],
    ]);
  });
});

/** Several turns of the event loop: whatever needs no outside event has happened. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
