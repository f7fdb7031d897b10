// The body of a Request, which tells its stream alone: what is there at once goes out with its length, the rest as it
// comes. In virtual time.

import { describe, expect, it } from 'vitest';
import { contentOfInit, contentOfRequest, withLength } from '../../src/engine/fetch/upload.ts';
import type { BodyStream } from '../../src/model/body-stream.ts';
import type { Content } from '../../src/model/request.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

function bodyOf(init: RequestInit): ReadableStream<Uint8Array> {
  return new Request('http://host/', { method: 'POST', duplex: 'half', ...init }).body!;
}

/** A stream and what makes its content. */
function producer() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
    },
  });
  return { stream, controller };
}

function read(stream: BodyStream): Promise<string> {
  const reader = stream.open();
  let text = '';
  return new Promise((resolve, reject) => {
    const next = () =>
      reader.read((error, bytes) => {
        if (error !== undefined) return reject(error);
        if (bytes === undefined) return resolve(text);
        text += Buffer.from(bytes).toString();
        next();
      });
    next();
  });
}

describe('the body of a Request', () => {
  it.each<[string, NonNullable<RequestInit['body']>]>([
    ['text', 'content'],
    ['bytes', Buffer.from('content')],
    ['a Blob', new Blob(['con', 'tent'])],
    ['a stream that is there', new Blob(['content']).stream()],
  ])('of %s is in memory before any time passes', async (_, body) => {
    const content = await contentOfRequest(bodyOf({ body }), new VirtualClock());
    expect(Buffer.from(content.body!).toString()).toBe('content');
  });

  it('that is large goes out as it comes', async () => {
    const large = 'x'.repeat(3 * 1024 * 1024);
    const { body, stream } = await contentOfRequest(bodyOf({ body: large }), new VirtualClock());
    expect([body, stream?.length, stream?.replayable]).toEqual([undefined, undefined, false]);
    expect(await read(stream!)).toBe(large);
  });

  it('that is slow is waited for a little, and loses nothing', async () => {
    const clock = new VirtualClock();
    const { stream: slow, controller } = producer();
    controller.enqueue(Buffer.from('first '));
    const content = contentOfRequest(bodyOf({ body: slow }), clock);
    await clock.scheduled(1);
    clock.advance(20);
    const { stream } = await content;
    const text = read(stream!);
    controller.enqueue(Buffer.from('second'));
    controller.close();
    expect(await text).toBe('first second');
  });

  it('that fails is an error, early or late', async () => {
    const clock = new VirtualClock();
    const reason = new Error('broke');
    const broken = new ReadableStream({ start: (controller) => controller.error(reason) });
    await expect(contentOfRequest(bodyOf({ body: broken }), clock)).rejects.toBe(reason);
    const { stream: late, controller } = producer();
    const content = contentOfRequest(bodyOf({ body: late }), clock);
    await clock.scheduled(1);
    clock.advance(20);
    const text = read((await content).stream!);
    controller.error(reason);
    await expect(text).rejects.toBe(reason);
  });

  it('leaves no timer behind', async () => {
    const clock = new VirtualClock();
    await contentOfRequest(bodyOf({ body: 'content' }), clock);
    expect(clock.nextInMs).toBeUndefined();
  });
});

describe('Content-Length', () => {
  const text: Content = { body: Buffer.from('abc') };

  it('is the length that the body has, or gives one to a body that has none', () => {
    expect(withLength(text, '3')).toBe(text);
    const stream = contentOfInit(new Blob(['abc']).stream(), 'half');
    expect(withLength(stream, '3')?.stream?.length).toBe(3);
    expect(withLength(undefined, '3')).toBeUndefined();
  });

  it.each(['4', '', '-3', '3.0', '1e0', '99999999999999999999', 'x'])('%j is refused', (length) => {
    expect(() => withLength(text, length)).toThrow('Content-Length is');
    if (length === '4') return;
    expect(() => withLength(contentOfInit(new Blob(['a']).stream(), 'half'), length)).toThrow(
      'Content-Length is',
    );
  });
});
