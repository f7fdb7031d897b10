// Multipart bodies, read back by the parser of Node's own fetch.

import { File } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fileBody } from '../../src/bodies/file-body.ts';
import { MemoryBody } from '../../src/bodies/memory-body.ts';
import { formDataBody, multipart } from '../../src/bodies/multipart.ts';
import { webBody } from '../../src/bodies/web-body.ts';
import type { BodyStream } from '../../src/model/body-stream.ts';
import { octets, pieces, readOnce, text } from './collected.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-parts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function parsed(body: BodyStream): Promise<FormData> {
  const bytes = await octets(body);
  if (body.length !== undefined) expect(bytes.length).toBe(body.length);
  return new Response(bytes, { headers: { 'Content-Type': body.contentType! } }).formData();
}

/** One shape for both sides of a comparison. */
async function listed(form: FormData): Promise<unknown[]> {
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === 'string'
        ? [name, value]
        : [name, value.name, value.type, Buffer.from(await value.arrayBuffer()).toString('hex')],
    ),
  );
}

describe('multipart', () => {
  it('writes parts as browsers do', async () => {
    const body = multipart(
      [
        { name: 'a', value: 'text' },
        { name: 'sum', value: 12 },
        { name: 'b"\r\n', value: new Uint8Array([0, 255]), filename: 'x"y\n.bin' },
        { name: 'c', value: 'typed', contentType: 'text/x-mine', filename: null },
        { name: 'd', value: new Uint8Array([65]), filename: null, contentType: null },
      ],
      { boundary: 'B' },
    );
    expect(body.contentType).toBe('multipart/form-data; boundary=B');
    expect((await octets(body)).toString('latin1')).toBe(
      [
        '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\ntext\r\n',
        '--B\r\nContent-Disposition: form-data; name="sum"\r\n\r\n12\r\n',
        '--B\r\nContent-Disposition: form-data; name="b%22%0D%0A"; filename="x%22y%0A.bin"\r\n',
        'Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n',
        '--B\r\nContent-Disposition: form-data; name="c"\r\nContent-Type: text/x-mine\r\n\r\ntyped\r\n',
        '--B\r\nContent-Disposition: form-data; name="d"\r\n\r\nA\r\n',
        '--B--\r\n',
      ].join(''),
    );
  });

  it('takes an object of names and values: text, numbers, bytes, Blobs, files, lists', async () => {
    const path = file('photo.png', 'pixels');
    const body = multipart({
      name: 'x',
      n: 5,
      yes: true,
      photo: fileBody(path, { contentType: 'image/png' }),
      raw: new Uint8Array([1, 2]),
      blob: new Blob(['b'], { type: 'text/css' }),
      docs: [new File(['1'], '1.txt', { type: 'text/plain' }), 'two'],
    });
    expect(body).toMatchObject({ replayable: true, length: expect.any(Number) });
    const expected = [
      ['name', 'x'],
      ['n', '5'],
      ['yes', 'true'],
      ['photo', 'photo.png', 'image/png', Buffer.from('pixels').toString('hex')],
      ['raw', 'blob', 'application/octet-stream', '0102'],
      ['blob', 'blob', 'text/css', '62'],
      ['docs', '1.txt', 'text/plain', '31'],
      ['docs', 'two'],
    ];
    expect(await listed(await parsed(body))).toEqual(expected);
    expect(await listed(await parsed(body))).toEqual(expected);
  });

  it('knows no length, and is read once, where one part is so', async () => {
    const once = webBody(
      (async function* () {
        yield 'par';
        yield 't';
      })(),
    ).stream!;
    const body = multipart({ a: 'text', once });
    expect(body).toMatchObject({ length: undefined, replayable: false });
    expect(await listed(await parsed(body))).toEqual([
      ['a', 'text'],
      ['once', 'blob', 'application/octet-stream', Buffer.from('part').toString('hex')],
    ]);
  });

  it('is one piece where all is in memory, and joins what is in memory around files', async () => {
    expect(
      multipart({ a: '1', b: new Uint8Array(9), c: new MemoryBody(new Uint8Array(2), undefined) }),
    ).toBeInstanceOf(MemoryBody);
    const body = multipart({ a: '1', b: '2', file: fileBody(file('f', 'content')), c: '3', d: '4' });
    expect(await pieces(body)).toHaveLength(3);
  });

  it('has another boundary each time', () => {
    const [one, two] = [multipart({ a: '1' }), multipart({ a: '1' })].map((body) => body.contentType!);
    expect(one).toMatch(/^multipart\/form-data; boundary=----flurry[0-9a-f]{32}$/);
    expect(one).not.toBe(two);
  });

  it('gives the error of a part, and closes the part that it is in', async () => {
    const failing: BodyStream = {
      length: 3,
      replayable: true,
      contentType: undefined,
      open: () => ({ read: (done) => done(new Error('the part broke'), undefined), close() {} }),
    };
    await expect(octets(multipart({ a: '1', failing }))).rejects.toThrow('the part broke');
    let closed = 0;
    const endless: BodyStream = {
      ...failing,
      open: () => ({ read: (done) => done(undefined, new Uint8Array(1)), close: () => closed++ }),
    };
    const reader = multipart({ a: '1', endless }).open();
    await readOnce(reader);
    await readOnce(reader);
    reader.close();
    reader.close();
    expect(closed).toBeGreaterThan(0);
    reader.read(() => {
      throw new Error('a closed reader called back');
    });
  });

  it('refuses what cannot be a part', () => {
    expect(() => multipart({ a: {} } as never)).toThrow('a part is text, a number, bytes, a Blob, or a file');
    expect(() => multipart({ a: null } as never)).toThrow(TypeError);
    expect(() => multipart([{ value: 'x' }] as never)).toThrow('a part needs a name');
    expect(() => multipart('a=b' as never)).toThrow('multipart takes an object of names and values');
    expect(() => multipart({}, { boundary: 'a b' })).toThrow('a boundary is 1 to 70 letters, digits, _ or -');
    expect(() => multipart([{ name: 'n', value: 'x', contentType: 'a/b\r\nX: y' }])).toThrow(
      'the Content-Type of part n holds a character that cannot be sent',
    );
  });
});

describe('formDataBody', () => {
  it('writes octet for octet what fetch writes', async () => {
    const form = new FormData();
    form.append('plain', 'ü€');
    form.append('lines\n"x"', 'a\nb\r\nc\rd');
    form.append('blob', new Blob(['1'], { type: 'text/html' }));
    form.append('file', new File(['2\n'], 'näme\n".txt') as never);
    const theirs = new Response(form);
    const boundary = /boundary=(.*)$/.exec(theirs.headers.get('content-type')!)![1]!;
    expect(await text(formDataBody(form, { boundary }))).toBe((await theirs.text()).trimEnd().concat('\r\n'));
  });

  it('is read back as it was', async () => {
    const name = fc.string({ unit: 'binary', maxLength: 12 }).map((one) => one.toWellFormed());
    const entry = fc.oneof(
      fc.tuple(name, name),
      fc.tuple(
        name,
        fc.uint8Array({ maxLength: 40 }),
        fc.stringMatching(/^[^\0-\x1f"\\/\ud800-\udfff]{1,8}$/u),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
        const form = new FormData();
        for (const [key, value, filename] of entries) {
          if (typeof value === 'string') form.append(key, value);
          else form.append(key, new Blob([value], { type: 'a/b' }), filename!);
        }
        const theirs = await listed(await new Response(form).formData());
        expect(await listed(await parsed(formDataBody(form)))).toEqual(theirs);
      }),
      { numRuns: 150 },
    );
  });
});
