// An abort at every stage of a fetch: what the caller hears, and what becomes of the connection.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Session } from 'flurry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watch, watchWeakly } from '../../src/engine/fetch/abort-watch.ts';
import { RawServer } from '../server/raw-server.ts';

let server: RawServer;
let session: Session;
beforeEach(async () => {
  session = new Session({ concurrency: 2 });
  server = await RawServer.open((peer, { target }) => {
    if (target === '/whole') peer.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    if (target === '/half') peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    if (target === '/head') peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
    if (target === '/moved')
      peer.send('HTTP/1.1 302 Found\r\nLocation: /silent\r\nContent-Length: 0\r\n\r\n');
  });
});
afterEach(async () => {
  await server.close();
  await session.close();
});

const reason = new Error('enough');
const arrived = (target: string) =>
  server.until(() => server.arrivals.some((request) => request.target === target));

describe('an abort', () => {
  it('before the call sends nothing', async () => {
    await expect(session.fetch(server.url('/whole'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    await expect(session.fetch(server.url('/whole'), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(server.connections).toBe(0);
  });

  it.each(['/silent', '/moved'])('before the head closes the connection: %s', async (path) => {
    const controller = new AbortController();
    const answer = session.fetch(server.url(path), { signal: controller.signal });
    await arrived('/silent');
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await server.until(() => server.open === 0);
  });

  it('while it waits for a slot lets the others be', async () => {
    const held = [1, 2].map(() => session.fetch(server.url('/half')));
    await Promise.all(held);
    const controller = new AbortController();
    const answer = session.fetch(server.url('/whole'), { signal: controller.signal });
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    for (const response of held) await (await response).body!.cancel();
    expect(await (await session.fetch(server.url('/whole'))).text()).toBe('hello');
    expect(server.arrivals.filter(({ target }) => target === '/whole')).toHaveLength(1);
  });

  it.each(['/head', '/half'])('while the body comes ends its stream with the reason: %s', async (path) => {
    const controller = new AbortController();
    const response = await session.fetch(server.url(path), { signal: controller.signal });
    const text = response.text();
    controller.abort(reason);
    await expect(text).rejects.toBe(reason);
    await server.until(() => server.open === 0);
  });

  it('ends the stream of a body that has come and was not read', async () => {
    const controller = new AbortController();
    const response = await session.fetch(server.url('/whole'), { signal: controller.signal });
    // On the connection of the first, so that has come whole.
    await (await session.fetch(server.url('/whole'))).text();
    expect(server.connections).toBe(1);
    controller.abort();
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('after the body was read means nothing', async () => {
    const controller = new AbortController();
    const response = await session.fetch(server.url('/whole'), { signal: controller.signal });
    expect(await response.text()).toBe('hello');
    controller.abort(reason);
    expect(await (await session.fetch(server.url('/whole'))).text()).toBe('hello');
    expect(server.connections).toBe(1);
  });

  it('reaches the body of a clone too', async () => {
    const controller = new AbortController();
    const response = await session.fetch(server.url('/half'), { signal: controller.signal });
    const texts = Promise.allSettled([response.clone().text(), response.text()]);
    controller.abort(reason);
    expect((await texts).map((settled) => settled.status === 'rejected' && settled.reason)).toEqual([
      reason,
      reason,
    ]);
  });

  it('comes from a Request’s signal, unless the call has its own or none', async () => {
    const controller = new AbortController();
    const request = () => new Request(server.url('/silent'), { signal: controller.signal });
    const own = new AbortController();
    const first = session.fetch(request());
    const second = session.fetch(request(), { signal: own.signal });
    await server.until(() => server.arrivals.length === 2);
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    own.abort('own');
    await expect(second).rejects.toBe('own');
    const none = await session.fetch(new Request(server.url('/whole'), { signal: controller.signal }), {
      signal: null,
    });
    expect(await none.text()).toBe('hello');
  });

  it('of an upload lets go of its stream, begun or not', async () => {
    const cancels: string[] = [];
    const stream = (name: string) => {
      let asked = (): void => {};
      const pulled = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const body = new ReadableStream(
        {
          pull() {
            asked();
            return new Promise<void>(() => {});
          },
          cancel: () => void cancels.push(name),
        },
        { highWaterMark: 0 },
      );
      return { body, pulled };
    };
    const before = session.fetch(server.url('/silent'), {
      method: 'POST',
      body: stream('before').body,
      duplex: 'half',
      signal: AbortSignal.abort(reason),
    });
    await expect(before).rejects.toBe(reason);
    const { body, pulled } = stream('during');
    const controller = new AbortController();
    const { signal } = controller;
    const during = session.fetch(server.url('/silent'), { method: 'POST', body, duplex: 'half', signal });
    await pulled;
    controller.abort(reason);
    await expect(during).rejects.toBe(reason);
    const request = stream('request');
    const ofRequest = session.fetch(
      new Request(server.url('/silent'), { method: 'POST', body: request.body, duplex: 'half' }),
      { signal: AbortSignal.abort(reason) },
    );
    await expect(ofRequest).rejects.toBe(reason);
    await vi.waitUntil(() => cancels.length === 3);
    expect(cancels).toEqual(['before', 'during', 'request']);
  });
});

describe('a signal that many share', () => {
  it('has one listener while there are calls, and none after', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => session.fetch(server.url('/whole'), { signal })),
    );
    expect(await Promise.all(responses.map((response) => response.text()))).toHaveLength(20);
    expect(add.mock.calls.length).toBeLessThan(20);
    expect(remove.mock.calls.length).toBe(add.mock.calls.length);
  });

  it('tells each once, and not who has left', () => {
    const controller = new AbortController();
    const { signal } = controller;
    const told: string[] = [];
    const call = (name: string, then = (): void => {}) => ({
      abort() {
        told.push(name);
        then();
      },
    });
    watch(
      signal,
      call('first', () => leave()),
    );
    const leave = watch(signal, call('second'));
    const weak = call('weak');
    watchWeakly(signal, weak);
    controller.abort();
    controller.abort();
    expect(told).toEqual(['first', 'weak']);
  });

  it('does not keep what nobody will read', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    await (async () => {
      for (let i = 0; i < 3; i++) await session.fetch(server.url('/whole'), { signal });
      await (await session.fetch(server.url('/whole'))).text();
    })();
    const before = remove.mock.calls.length;
    for (let i = 0; i < 200 && remove.mock.calls.length === before; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(remove.mock.calls.length).toBe(before + 1);
  });
});
