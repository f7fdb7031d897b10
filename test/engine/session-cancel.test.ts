// Sessions that several runs and single requests share: what ends, is cancelled or waits in one of them must neither
// hold nor lose anything of another.

import { getEventListeners } from 'node:events';
import { flurry, type Outcome, type Response, Session } from 'flurry';
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
      if (target !== '/never') peer.after(10, () => peer.send([redirectTo('http://b.test/never')], 0));
    });
    const session = new Session({ concurrency: 3, perHost: 1, timeoutMs: 3_600_000 }, network);
    session.get('http://b.test/never').catch(() => {});
    const stop = new AbortController();
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
  });
});

describe('single requests', () => {
  it('are told to who waits for them though the session has filters for its runs: a promise hung there', async () => {
    const network = new Network();
    const session = new Session({ filterStatus: [200], failOn: ['status=404'] }, network);
    const got = await settled(network, session.get('http://h.test/a'));
    expect(got).toMatchObject({ status: 'fulfilled', value: { status: 200 } });
    expect(await settled(network, all(flurry('http://h.test/b', { session })))).toMatchObject({ value: [] });
    network.script = (peer) => peer.send(['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'], 0);
    expect(await settled(network, session.get('http://h.test/c'))).toMatchObject({ status: 'rejected' });
  });

  it('of fetch are handed out as they are, whatever the session calls a failure', async () => {
    const network = new Network();
    const session = new Session({ failOn: ['size<1'] }, network);
    const text = session.fetch('http://h.test/a').then((answer) => answer.text());
    expect(await settled(network, text)).toMatchObject({ value: '/a' });
  });

  it('and runs share one listener of a signal, of which Node warns from the eleventh on, and leave none, on a closed session either', async () => {
    const network = new Network();
    const session = new Session({}, network);
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, 'abort').length;
    const gets = Array.from({ length: 20 }, (_, i) => session.get(`http://h.test/${i}`, { signal }));
    const runs = Array.from({ length: 20 }, (_, i) =>
      all(flurry(`http://h.test/run/${i}`, { session, signal })),
    );
    expect(listeners()).toBe(1);
    await settled(network, Promise.all(runs));
    await settled(network, Promise.all(gets));
    expect(listeners()).toBe(0);
    await settled(network, session.close());
    await expect(session.get('http://h.test/late', { signal })).rejects.toThrow('closed');
    expect(listeners()).toBe(0);
  });
});

describe('requests that are added', () => {
  it('have their turn beside an input that never ends', async () => {
    const network = new Network();
    function* endless() {
      for (let n = 0; ; n++) yield `http://h.test/${n}`;
    }
    const run = flurry(endless(), { lookAhead: 4, session: new Session({ concurrency: 2 }, network) });
    const seen: string[] = [];
    const crawl = (async () => {
      for await (const outcome of run) {
        seen.push(`${outcome.index} ${outcome.url}`);
        if (outcome.index === 0) run.add('/added', { from: outcome as Response });
        if (outcome.url.endsWith('/added') || seen.length > 200) break;
      }
    })();
    await settled(network, crawl);
    expect(seen.length).toBeLessThan(20);
    expect(new Set(seen.map((one) => Number(one.split(' ')[0]))).size).toBe(seen.length);
  });
});
