// What fetch takes as a body, held against fetch's own Response; and how producers fail, end and are cancelled.

import { createReadStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { webBody } from '../../src/bodies/web-body.ts';
import type { BodyStream } from '../../src/model/body-stream.ts';
import type { Content } from '../../src/model/request.ts';
import { octets, readOnce, text } from './collected.ts';

async function all({ body, stream }: Content): Promise<Buffer> {
  return stream === undefined ? Buffer.from(body!) : octets(stream);
}

/** Everything that waits for a promise has run; no time passes. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function streamOf(...chunks: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

function once(make: () => unknown): BodyStream {
  return webBody(make()).stream!;
}

describe('bodies of fetch', () => {
  const form = new FormData();
  form.append('a', '1');
  it.each<[string, NonNullable<ConstructorParameters<typeof Response>[0]>]>([
    ['text', 'grüße'],
    ['no text', ''],
    ['bytes', new Uint8Array([1, 2, 3])],
    ['a part of a buffer', new Uint16Array([1, 2, 3]).subarray(1)],
    ['a view', new DataView(new ArrayBuffer(4), 1, 2)],
    ['a buffer', new Uint8Array([4, 5]).buffer],
    ['a Blob', new Blob(['blob'], { type: 'text/css' })],
    ['a Blob without a type', new Blob(['x', new Uint8Array(200_000)])],
    ['an empty Blob', new Blob([])],
    ['URLSearchParams', new URLSearchParams({ a: 'b c', ü: '&' })],
    ['a Buffer', Buffer.from('pooled')],
  ])('%s has the octets and the type that fetch gives it', async (_, body) => {
    const theirs = new Response(body);
    const ours = webBody(body);
    expect(ours.contentType ?? null).toBe(theirs.headers.get('content-type'));
    expect((await all(ours)).equals(Buffer.from(await theirs.arrayBuffer()))).toBe(true);
    if (ours.stream !== undefined) {
      expect(ours.stream.length).toBe((await octets(ours.stream)).length);
      expect(ours.stream.replayable).toBe(true);
    }
  });

  it('takes FormData, and a body that is a stream already', async () => {
    const ours = webBody(form);
    expect(ours.contentType).toMatch(/^multipart\/form-data; boundary=/);
    expect((await all(ours)).toString()).toContain('name="a"\r\n\r\n1\r\n');
    const stream = once(() => new Blob(['x'], { type: 'a/b' }));
    expect(webBody(stream)).toEqual({ stream, contentType: 'a/b' });
  });

  it.each([[undefined], [null], [5], [{ a: 1 }], [[1]], [() => {}], [Symbol.iterator]])(
    'refuses %s',
    (body) => {
      expect(() => webBody(body)).toThrow(TypeError);
      expect(() => webBody(body)).toThrow(/^a body is text, bytes, .*; for JSON use json$/);
    },
  );
});

describe('streams and iterables', () => {
  it('have no length and are read once', async () => {
    for (const stream of [
      once(() => streamOf(new Uint8Array([97]), '', new Uint8Array(), 'ü')),
      once(() => Readable.from([Buffer.from('a'), Buffer.from(''), 'ü'])),
      once(async function* () {
        yield 'a';
        yield '';
        yield Buffer.from('ü');
      }),
    ]) {
      expect(stream).toMatchObject({ length: undefined, replayable: false, contentType: undefined });
      expect(await text(stream)).toBe('aü');
      await expect(octets(stream)).rejects.toThrow(
        /^the body is a (stream|iterable) and can be read only once$/,
      );
    }
  });

  it('are not touched before they are opened', async () => {
    let asked = 0;
    const stream = once(async function* () {
      asked++;
      yield 'x';
    });
    await settled();
    expect(asked).toBe(0);
    expect(await text(stream)).toBe('x');
  });

  it('are refused where somebody reads or has read them', async () => {
    const locked = streamOf('x');
    locked.getReader();
    expect(() => webBody(locked)).toThrow(
      new TypeError('the body is a stream that somebody else reads (it is locked)'),
    );
    const read = new Response('x').body!;
    const reader = read.getReader();
    await reader.read();
    reader.releaseLock();
    expect(() => webBody(read)).toThrow(new TypeError('the body is a stream that was read before'));
    const readable = Readable.from(['x', 'y']);
    for await (const _ of readable) break;
    expect(() => webBody(readable)).toThrow('the body is a stream that was read before');
  });

  it('that are locked only when they are opened give an error, and open does not throw', async () => {
    const source = streamOf('x');
    const stream = webBody(source).stream!;
    source.getReader();
    await expect(octets(stream)).rejects.toThrow(TypeError);
  });

  it('give the errors of their producers', async () => {
    const broken = new Error('the producer broke');
    const failing = [
      once(
        () =>
          new ReadableStream({
            pull() {
              throw broken;
            },
          }),
      ),
      once(async function* () {
        yield 'x';
        throw broken;
      }),
      once(
        () =>
          new Readable({
            read() {
              this.destroy(broken);
            },
          }),
      ),
      once(() => ({
        [Symbol.asyncIterator]() {
          throw broken;
        },
      })),
    ];
    for (const stream of failing) await expect(octets(stream)).rejects.toBe(broken);
    await expect(octets(once(() => createReadStream('/nonexistent/file')))).rejects.toThrow('ENOENT');
  });

  it('keep the error of a stream that fails before its request is sent', async () => {
    const readable = new PassThrough();
    const stream = webBody(readable).stream!;
    readable.destroy(new Error('too early'));
    await new Promise((resolve) => readable.once('close', resolve));
    await expect(octets(stream)).rejects.toThrow('too early');
  });

  it.each([
    [5, 'a number'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ a: 1 }, 'Object'],
    [new Date(0), 'Date'],
    [Object.create(null), 'an object'],
  ])('name a piece that is none (%s), and are cancelled', async (piece, name) => {
    let cancelled = 0;
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(piece),
      cancel: () => {
        cancelled++;
      },
    });
    await expect(octets(webBody(stream).stream!)).rejects.toThrow(
      `a body yields Uint8Arrays or text, not ${name}`,
    );
    expect(cancelled).toBe(1);
  });
});

describe('close', () => {
  const never = () => {
    throw new Error('a closed reader called back');
  };

  it('cancels a stream, whether a read is under way or not, once', async () => {
    for (const reads of [false, true]) {
      const cancelled: string[] = [];
      const stream = once(() => new ReadableStream({ cancel: () => void cancelled.push('cancelled') }));
      const reader = stream.open();
      if (reads) reader.read(never);
      reader.close();
      reader.close();
      reader.read(never);
      await settled();
      expect(cancelled).toEqual(['cancelled']);
    }
  });

  it('returns an iterator, so that its finally runs', async () => {
    let cleaned = 0;
    const reader = once(async function* () {
      try {
        yield 'one';
        yield 'two';
      } finally {
        cleaned++;
      }
    }).open();
    await readOnce(reader);
    reader.close();
    await settled();
    expect(cleaned).toBe(1);
  });

  it('destroys a stream of Node’s that is silent', async () => {
    const silent = new PassThrough();
    const reader = webBody(silent).stream!.open();
    reader.read(never);
    await settled();
    reader.close();
    expect(silent.destroyed).toBe(true);
    await new Promise((resolve) => silent.once('close', resolve));
  });

  it('keeps to itself what a producer makes of it', async () => {
    const reader = once(() => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 'x' }),
        return() {
          throw new Error('no');
        },
      }),
    })).open();
    await readOnce(reader);
    expect(() => reader.close()).not.toThrow();
    const stream = once(() => new ReadableStream({ cancel: () => Promise.reject(new Error('no')) })).open();
    stream.close();
    await settled();
  });

  it('after the end cancels nothing', async () => {
    let returned = 0;
    const reader = once(() => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: true, value: undefined }),
        return: () => {
          returned++;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    })).open();
    expect(await readOnce(reader)).toBeUndefined();
    expect(await readOnce(reader)).toBeUndefined();
    reader.close();
    expect(returned).toBe(0);
  });
});
