// Where limits, retries and ends meet: each of these went wrong once, in a seed of the simulated worlds of limits.

import { flurry, type Outcome, Session } from 'flurry';
import { describe, expect, it } from 'vitest';
import { systemError } from '../fake/wire.ts';
import { ArraySink, Network, type Peer, response, urls } from './fixture.ts';

function status(code: number, fields = ''): string {
  return `HTTP/1.1 ${code} -\r\nContent-Length: 0\r\n${fields}\r\n`;
}

function refuse(peer: Peer): void {
  peer.after(2, () => peer.fail(systemError('ECONNREFUSED')));
}

async function settled<T>(network: Network, promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  let result: PromiseSettledResult<T> | undefined;
  void Promise.allSettled([promise]).then(([one]) => {
    result = one;
  });
  await network.until(() => result !== undefined);
  return result!;
}

async function all(run: AsyncIterable<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of run) outcomes.push(outcome);
  return outcomes;
}

describe('a request that is redirected after a retry', () => {
  it('keeps the record of its attempts, and has no more retries for it', async () => {
    const network = new Network();
    const answers = [status(503), status(302, 'Location: /b\r\n'), status(500), status(500), status(500)];
    network.script = (peer) => peer.send([answers.shift()!], 0);
    const options = { followRedirects: true, retry: 2, retryDelayMs: 10 };
    const { core, sink } = network.run(['http://a.test/a'], options, new ArraySink());
    await network.end(core);
    expect(sink.outcomes).toMatchObject([
      { status: 500, attempts: 3, history: [{ status: 503 }, { status: 500 }] },
    ]);
    expect(network.sent).toEqual(['GET /a', 'GET /a', 'GET /b', 'GET /b']);
  });
});

describe('a host that goes down while a run waits for a slot that another has', () => {
  it('does not leave that run behind, which has more to read', async () => {
    const network = new Network();
    network.onConnect = refuse;
    const options = { perHost: 1, concurrency: 4, maxHostErrors: 1, hostDown: 'fail', retry: 0 } as const;
    const session = new Session(options, network);
    const first = all(flurry(['http://a.test/'], { session }));
    const second = all(
      flurry(
        urls(5).map((url) => url.replace('h0', 'a')),
        { session, lookAhead: 1 },
      ),
    );
    expect(await settled(network, first)).toMatchObject({ value: [{ kind: 'refused' }] });
    const { length } = ((await settled(network, second)) as PromiseFulfilledResult<Outcome[]>).value;
    expect(length).toBe(5);
  });
});

describe('a run that is aborted', () => {
  it('does not wait for a rate or a pause to say what came of a redirect', async () => {
    const network = new Network();
    network.script = (peer) => peer.send([status(302, 'Location: /b\r\n')], 0);
    const options = { followRedirects: true, rate: '1/m', burst: 1 };
    const { core, sink } = network.run(['http://a.test/a'], options, new ArraySink());
    core.start();
    network.clock.advance(50);
    core.abort('caller');
    network.clock.advance(10);
    await network.until(() => core.state === 'ended');
    expect(sink.short).toEqual(['0 queue/aborted']);
    expect(network.clock.now()).toBeLessThan(1_001_000);
  });
});

describe('a run that is stopped', () => {
  it('sends no retry any more whose time has come and for which there was no rate', async () => {
    const network = new Network();
    network.script = (peer) => peer.send([status(500)], 0);
    const options = { rate: '1/s', burst: 1, retryDelayMs: 10, graceMs: 10_000 };
    const { core, sink } = network.run(['http://a.test/a'], options, new ArraySink());
    core.start();
    network.clock.advance(500);
    core.stop('caller');
    await network.until(() => core.state === 'ended');
    expect(sink.outcomes).toMatchObject([{ status: 500, attempts: 1 }]);
    expect(network.sent).toHaveLength(1);
  });

  it('by the failure of what never went out has written that before its sink is closed', async () => {
    const network = new Network();
    network.onConnect = refuse;
    const options = { concurrency: 1, maxHostErrors: 1, maxFailures: 2, retry: 0 };
    const { core, sink } = network.run(urls(4), options, new ArraySink());
    expect(await network.end(core)).toBeUndefined();
    expect(sink.short).toEqual(['0 connect/refused', '1 queue/host-down']);
  });
});

describe('the circuit of a host', () => {
  it('is tried again where the machine had no room for the request that was to try it', async () => {
    const network = new Network();
    network.random = () => 0.5;
    let connections = 0;
    network.onConnect = (peer) => {
      const isOther = peer.wire.origin.host === 'other.test';
      // The first to the host is refused, the second finds no descriptor.
      if (!isOther && ++connections === 1) return refuse(peer);
      if (!isOther && connections === 2) return peer.fail(systemError('EMFILE'));
      peer.after(2, () => peer.wire.connect());
    };
    network.script = (peer, { target }) =>
      peer.after(target === '/long' ? 60_000 : 5, () => peer.send([response(target)], 0));
    const input = ['http://other.test/long', 'http://a.test/1'];
    const options = { perHost: 1, maxHostErrors: 1, retryDelayMs: 2_500, firstByteTimeoutMs: 90_000 };
    const { core, sink } = network.run(input, options, new ArraySink());
    await network.end(core);
    expect(sink.short).toEqual(['0 /long', '1 /1']);
  });

  it('is tried again where the request that was to try it is cancelled', async () => {
    const network = new Network();
    const session = new Session(
      { maxHostErrors: 1, retry: 0, ratePerHost: '1000/s', keepAliveMs: 0 },
      network,
    );
    expect(await settled(network, session.get('http://a.test/0'))).toMatchObject({ status: 'fulfilled' });
    network.clock.advance(100);
    network.onConnect = refuse;
    expect(await settled(network, session.get('http://a.test/1'))).toMatchObject({ status: 'rejected' });
    network.onConnect = (peer) => peer.after(2, () => peer.wire.connect());
    const abort = new AbortController();
    const second = session.get('http://a.test/2', { signal: abort.signal });
    const third = session.get('http://a.test/3');
    network.clock.after(10, () => abort.abort(new Error('enough')));
    expect(await settled(network, second)).toMatchObject({ status: 'rejected' });
    expect(await settled(network, third)).toMatchObject({ status: 'fulfilled', value: { status: 200 } });
    expect(network.clock.now()).toBeLessThan(1_005_000);
  });
});

describe('single requests of a session that stops its runs at failures', () => {
  it('go on after a failure', async () => {
    const network = new Network();
    network.onConnect = (peer) => {
      if (peer.wire.origin.host === 'down.test') refuse(peer);
      else peer.after(2, () => peer.wire.connect());
    };
    const session = new Session({ failEarly: true, maxFailures: 1, retry: 0 }, network);
    expect(await settled(network, session.get('http://down.test/'))).toMatchObject({ status: 'rejected' });
    expect(await settled(network, session.get('http://up.test/'))).toMatchObject({ status: 'fulfilled' });
  });
});
