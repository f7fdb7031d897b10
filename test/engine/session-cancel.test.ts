// Sessions that several runs and single requests share: what ends, is cancelled or waits in one of them must neither
// hold nor lose anything of another.

import { flurry, type Outcome, Session } from 'flurry';
import { describe, expect, it } from 'vitest';
import { ArraySink, Network, response } from './fixture.ts';

function redirectTo(target: string): string {
  return `HTTP/1.1 302 Found\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`;
}

/** Takes a promise and lets time pass until it has settled. */
async function settled<T>(network: Network, promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  let result: PromiseSettledResult<T> | undefined;
  promise.then(
    (value) => (result = { status: 'fulfilled', value }),
    (reason) => (result = { status: 'rejected', reason }),
  );
  await network.until(() => result !== undefined);
  return result!;
}

async function all(run: AsyncIterable<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of run) outcomes.push(outcome);
  return outcomes;
}

describe('a run that follows a redirect on a full session', () => {
  it('does not end before the request that the redirect asks for', async () => {
    const network = new Network((peer, { target }) => {
      if (target === '/long') return peer.after(500, () => peer.send([response(target)], 0));
      const answer = target === '/from' ? redirectTo('/to') : response(target);
      peer.after(10, () => peer.send([answer], 0));
    });
    const session = new Session({ concurrency: 2 }, network);
    const long = session.get('http://h.test/long');
    const run = all(flurry('http://h.test/from', { session }));
    const result = await settled(network, run);
    expect(result).toMatchObject({ status: 'fulfilled', value: [{ index: 0, status: 200 }] });
    await settled(network, long);
    expect(String(session)).toContain('0 of 2 slots');
  });
});

describe('a run whose sink is full', () => {
  it('does not keep the slot of a request that is to be sent again from others, for which its sink may wait', async () => {
    const network = new Network((peer, { target }) => {
      const asked = peer.wire.written.includes('Expect: 100-continue') && target === '/again';
      const refusal = 'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n';
      peer.after(target === '/first' ? 10 : 20, () => peer.send([asked ? refusal : response(target)], 0));
    });
    const session = new Session({ perHost: 1 }, network);
    const sink = new ArraySink();
    sink.onWrite = ({ url }) => {
      if (!url.endsWith('/first')) return;
      sink.full = true;
      void session.get('http://b.test/other').then(() => {
        sink.full = false;
        sink.onDrain?.();
      });
    };
    const held = { url: 'http://b.test/again', body: 'x', headers: { Expect: '100-continue' } };
    const run = flurry(['http://a.test/first', held], { session }).to(sink);
    await settled(network, run);
    expect(sink.short).toEqual(['0 /first', '1 /again']);
  });
});

describe('a run that is aborted on a shared session', () => {
  it('does not wait for slots that others hold to say that its redirects were not followed', async () => {
    const network = new Network((peer, { target }) => {
      if (target === '/never') return;
      peer.after(10, () => peer.send([redirectTo('/never')], 0));
    });
    const session = new Session({ concurrency: 3, perHost: 1, timeoutMs: 3_600_000 }, network);
    const hung = session.get('http://b.test/never').catch(() => {});
    const stop = new AbortController();
    const to = 'HTTP/1.1 307 Moved\r\nLocation: http://b.test/never\r\nContent-Length: 0\r\n\r\n';
    network.script = (peer, { target }) => {
      if (target !== '/never') peer.after(10, () => peer.send([to], 0));
    };
    const sink = new ArraySink();
    const run = flurry(['http://a.test/0', 'http://a.test/1'], { session, signal: stop.signal }).to(sink);
    network.clock.after(100, () => stop.abort(new Error('enough')));
    const result = await settled(network, run);
    expect(result).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
    expect(sink.short).toEqual(['0 queue/aborted', '1 queue/aborted']);
    expect([network.clock.now() < 1_001_000, String(session)]).toEqual([
      true,
      expect.stringContaining('1 of 3 slots'),
    ]);
    void hung;
  });
});
