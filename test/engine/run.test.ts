// A run on fake wires in virtual time.

import { describe, expect, it } from 'vitest';
import { RunCore } from '../../src/engine/run.ts';
import { SessionCore } from '../../src/engine/session-core.ts';
import { definitionOf, InputError, openSource } from '../../src/engine/source-of.ts';
import { resolveOptions } from '../../src/model/options.ts';
import type { RequestInput } from '../../src/model/request.ts';
import { ArraySink, echoAfter, Network, response, upTo, urls } from './fixture.ts';

describe('a run', () => {
  it('gives exactly one outcome for each item of a mixed input', async () => {
    const network = new Network((peer, { method, target }) => {
      if (target === '/reset') return peer.fail(new Error('broken'));
      if (target === '/garbage') return peer.send(['nonsense\r\n\r\n'], 0);
      if (target === '/cut') return peer.send([response('whole').slice(0, -2)], 0, () => peer.finish());
      peer.send([response(`${method} ${target}`)], 0);
    });
    const input: RequestInput[] = [
      'http://a.test/0',
      'nonsense',
      'http://a.test/reset',
      { url: 'http://b.test/3', method: 'PUT', body: 'x' },
      'ftp://a.test/4',
      'http://a.test/garbage',
      { url: 'http://b.test/6', json: { a: 1 }, id: 'six' },
      'http://b.test/cut',
      'http://a.test/8',
    ];
    const { core, sink } = network.run(input, { concurrency: 3 }, new ArraySink());
    expect(await network.end(core)).toBeUndefined();
    expect(sink.short).toEqual([
      '0 GET /0',
      '1 input/invalid',
      '2 headers/unknown',
      '3 PUT /3',
      '4 input/invalid',
      '5 headers/protocol',
      '6 POST /6',
      '7 body/closed',
      '8 GET /8',
    ]);
    expect(sink.outcomes.find((one) => one.index === 6)!.id).toBe('six');
    expect(sink.closes).toBe(1);
    expect(network.connector.held).toEqual([]);
  });

  it('ends at once without requests', async () => {
    const network = new Network();
    const { core, sink } = network.run([], {}, new ArraySink());
    expect(await network.end(core)).toBeUndefined();
    expect([sink.outcomes, sink.closes, network.connector.wires]).toEqual([[], 1, []]);
    expect(core.summary).toMatchObject({ requests: 0, wallMs: 0, rps: 0, statuses: {}, errors: {} });
  });

  it('starts once', async () => {
    const network = new Network();
    const { core, sink } = network.run(urls(2), {}, new ArraySink());
    core.start();
    expect(await network.end(core)).toBeUndefined();
    expect(sink.indices).toEqual([0, 1]);
  });

  it('leaves nothing open and no timer behind', async () => {
    const network = new Network();
    const { core, clock } = network.run(urls(20, 3), { durationMs: 60_000 }, new ArraySink());
    await network.end(core);
    clock.advance(100);
    expect([network.connector.held, clock.pending]).toEqual([[], 0]);
  });

  it('keeps to its limits', async () => {
    const network = new Network();
    let most = 0;
    const hostMost = new Map<string, number>();
    network.script = (peer, arrival) => {
      const busy = network.peers.filter((one) => one.alive && one.waiting.length > 0);
      most = Math.max(most, busy.length);
      for (const { wire } of busy) {
        const n = busy.filter((one) => one.wire.origin.key === wire.origin.key).length;
        hostMost.set(wire.origin.key, Math.max(n, hostMost.get(wire.origin.key) ?? 0));
      }
      echoAfter(7)(peer, arrival);
    };
    const { core, sink } = network.run(urls(200, 4), { concurrency: 7, perHost: 3 }, new ArraySink());
    await network.end(core);
    expect([sink.indices, most, Math.max(...hostMost.values())]).toEqual([upTo(200), 7, 3]);
    expect(core.summary.concurrency).toEqual({ mode: 'fixed', final: 7, max: 7 });
  });

  it('sends a request again that met a stale connection, and only one that may be', async () => {
    const network = new Network((peer, { method, target, nth }) => {
      if (nth > 1) return peer.finish();
      peer.send([response(`${method} ${target}`)], 0);
    });
    const input = ['GET', 'PUT', 'DELETE', 'POST'].flatMap((method) => [
      { url: `http://${method}.test/first` },
      { url: `http://${method}.test/first` },
      { url: `http://${method}.test/second`, method },
    ]);
    const { core, sink } = network.run(input, { concurrency: 1 }, new ArraySink());
    await network.end(core);
    expect(sink.short).toEqual([
      '0 GET /first',
      '1 GET /first',
      '2 GET /second',
      '3 GET /first',
      '4 GET /first',
      '5 PUT /second',
      '6 GET /first',
      '7 GET /first',
      '8 DELETE /second',
      '9 GET /first',
      '10 GET /first',
      '11 headers/closed',
    ]);
    expect(sink.outcomes.map((one) => one.attempts)).toEqual([1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1]);
    expect(core.summary.retries).toBe(3);
    expect(network.sent.filter((line) => line === 'POST /second')).toHaveLength(1);
  });

  it('pauses while the sink is full', async () => {
    const network = new Network();
    const sink = new ArraySink();
    sink.onWrite = () => {
      sink.full = sink.outcomes.length >= 5;
    };
    const { core, clock } = network.run(urls(50), { concurrency: 2, lookAhead: 5 }, sink);
    core.start();
    clock.advance(10_000);
    expect(network.sent.length).toBe(6);
    expect(sink.outcomes).toHaveLength(6);
    sink.onWrite = () => {};
    sink.full = false;
    sink.onDrain!();
    await network.until(() => core.state === 'ended');
    expect(sink.indices).toEqual(upTo(50));
  });

  it('reads no more of its input than it can hold while the sink is full', async () => {
    const network = new Network();
    const sink = new ArraySink();
    sink.full = true;
    let given = 0;
    function* endless() {
      for (;;) yield `http://h${given % 3}.test/${given++}`;
    }
    const { core, clock } = network.run(endless(), { concurrency: 4, lookAhead: 10 }, sink);
    core.start();
    clock.advance(10_000);
    expect(given).toBeLessThanOrEqual(14);
    core.abort('caller');
    await network.until(() => core.state === 'ended');
    expect(sink.outcomes).toHaveLength(network.sent.length);
  });
});

describe('the input of a run', () => {
  it('with strictInput ends the run at the first item that is no request; what was sent still ends', async () => {
    const network = new Network();
    const { core, sink } = network.run(
      [...urls(2), 'nonsense', ...urls(50)],
      { strictInput: true },
      new ArraySink(),
    );
    const error = await network.end(core);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/nonsense.*\(strict input\)$/);
    expect(sink.short).toEqual(['0 /0', '1 /1', '2 input/invalid']);
    expect([core.stoppedBy, sink.closes]).toEqual(['input', 1]);
  });

  it('that throws ends the run with its reason, after what was read before', async () => {
    const network = new Network();
    const cause = new Error('the cursor is gone');
    function* broken() {
      yield* urls(3);
      throw cause;
    }
    const { core, sink } = network.run(broken(), { concurrency: 1 }, new ArraySink());
    const error = await network.end(core);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain('the cursor is gone');
    expect([sink.short, sink.closes, core.stoppedBy]).toEqual([['0 /0', '1 /1', '2 /2'], 1, 'input']);
  });

  it('that throws later, asynchronously, does so too', async () => {
    const network = new Network();
    async function* broken() {
      yield* urls(3);
      await null;
      throw new Error('the cursor is gone');
    }
    const { core, sink } = network.run(broken(), {}, new ArraySink());
    expect(await network.end(core)).toBeInstanceOf(InputError);
    expect(sink.indices).toEqual([0, 1, 2]);
  });

  it('is let go of when only the first items are wanted', async () => {
    const network = new Network();
    let given = 0;
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield `http://h.test/${given++}`;
      } finally {
        closed = true;
      }
    }
    const { core, sink } = network.run(endless(), { first: 5 }, new ArraySink());
    expect(await network.end(core)).toBeUndefined();
    expect([sink.indices, closed]).toEqual([upTo(5), true]);
    expect(given).toBeLessThanOrEqual(6);
  });

  it('counts items that are no request among the first', async () => {
    const network = new Network();
    const { core, sink } = network.run(
      ['nonsense', 'http://a.test/1', 'http://a.test/2'],
      { first: 2 },
      new ArraySink(),
    );
    await network.end(core);
    expect([sink.short, core.snapshot().expected]).toEqual([['0 input/invalid', '1 /1'], 2]);
  });

  it('may be cut to nothing', async () => {
    const network = new Network();
    const { core, sink } = network.run(urls(3), { first: 0 }, new ArraySink());
    await network.end(core);
    expect([sink.outcomes, network.sent]).toEqual([[], []]);
  });
});

describe('a run that is stopped', () => {
  const slow = () => new Network(echoAfter(1000));

  it('lets what is in flight end within the grace period, and sends nothing more', async () => {
    const network = slow();
    const { core, sink, clock } = network.run(urls(50), { concurrency: 4, graceMs: 2000 }, new ArraySink());
    core.start();
    clock.advance(100);
    core.stop('caller');
    expect([core.state, core.snapshot().queued]).toEqual(['stopping', 0]);
    await network.until(() => core.state === 'ended');
    await core.done;
    expect([sink.short, core.stoppedBy]).toEqual([['0 /0', '1 /1', '2 /2', '3 /3'], 'caller']);
    expect(network.connector.held).toEqual([]);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it('aborts what is in flight when the grace period is over', async () => {
    const network = slow();
    const { core, sink, clock } = network.run(urls(50), { concurrency: 2, graceMs: 300 }, new ArraySink());
    core.start();
    clock.advance(100);
    core.stop('caller');
    clock.advance(299);
    expect(sink.outcomes).toEqual([]);
    clock.advance(1);
    expect(sink.short).toEqual(['0 headers/aborted', '1 headers/aborted']);
    await core.done;
    expect(network.connector.held).toEqual([]);
  });

  describe('while redirects are followed', () => {
    /** Sends everything on to one origin, which is slow. */
    const redirecting = () =>
      new Network((peer, { target }) => {
        if (target.startsWith('/away'))
          return echoAfter(1000)(peer, { target, method: 'GET', body: '', nth: 0 });
        const to = `Location: http://away.test/away${target}`;
        peer.after(100, () => peer.send([`HTTP/1.1 302 Found\r\n${to}\r\nContent-Length: 0\r\n\r\n`], 0));
      });
    const options = { concurrency: 4, perHost: 1, followRedirects: true, graceMs: 60_000 };
    const sentOf = ({ sent }: Network) => sent.filter((one) => !one.includes('/away')).length;

    // Before the redirects come, and when most wait for the one slot of their new origin.
    it.each([50, 300])(
      'brings each request that was sent to its outcome, stopped after %i ms',
      async (ms) => {
        const network = redirecting();
        const { core, sink, clock } = network.run(urls(50, 4), options, new ArraySink());
        core.start();
        clock.advance(ms);
        core.stop('caller');
        const sent = sentOf(network);
        await network.until(() => core.state === 'ended');
        await core.done;
        expect(sent).toBeGreaterThanOrEqual(4);
        expect(sink.short).toEqual(upTo(sent).map((n) => `${n} /away/${n}`));
        expect(sentOf(network)).toBe(sent);
      },
    );

    it('fails each as aborted where nothing is waited for', async () => {
      const network = redirecting();
      const { core, sink, clock } = network.run(urls(50, 4), options, new ArraySink());
      core.start();
      clock.advance(300);
      const sent = sentOf(network);
      core.abort('caller');
      await network.until(() => core.state === 'ended');
      expect(sink.indices).toEqual(upTo(sent));
      expect(sink.outcomes.every((one) => one.type === 'failure' && one.kind === 'aborted')).toBe(true);
    });
  });

  it('stops by itself after its duration', async () => {
    const network = new Network(echoAfter(97));
    const { core, sink } = network.run(urls(500), { concurrency: 1, durationMs: 1000 }, new ArraySink());
    expect(await network.end(core)).toBeUndefined();
    // The first request takes 100 ms with its connection, each later one 97 ms: the eleventh is under way.
    expect([sink.indices, core.stoppedBy]).toEqual([upTo(11), 'duration']);
    expect(core.summary.wallMs).toBe(1070);
  });

  it('that is over before its duration has no reason', async () => {
    const network = new Network();
    const { core } = network.run(urls(3), { durationMs: 100_000 }, new ArraySink());
    await network.end(core);
    expect(core.stoppedBy).toBeUndefined();
  });

  it('ends although it is paused and nobody empties the sink', async () => {
    const network = slow();
    const sink = new ArraySink();
    sink.full = true;
    const { core, clock } = network.run(['nonsense', ...urls(50)], { concurrency: 2 }, sink);
    core.start();
    clock.advance(5000);
    core.stop('caller');
    await network.until(() => core.state === 'ended');
    expect(sink.short).toEqual(['0 input/invalid']);
  });

  it('sends again in a pause what is owed an outcome: it holds a slot, and brings no more than was under way', async () => {
    const network = new Network((peer, { target, nth }) => {
      if (nth > 0) return peer.after(50, () => peer.finish());
      peer.send([response(target)], 0);
    });
    const sink = new ArraySink();
    sink.onWrite = () => {
      sink.full = sink.outcomes.length >= 2;
    };
    // The second outcome fills the sink; /2 then meets a stale connection.
    const { core, clock } = network.run(urls(9), { concurrency: 2 }, sink);
    core.start();
    clock.advance(1000);
    expect([sink.short, core.snapshot().inFlight, network.sent]).toEqual([
      ['0 /0', '1 /1', '2 /2'],
      0,
      ['GET /0', 'GET /2', 'GET /1', 'GET /2'],
    ]);
    core.stop('caller');
    await network.until(() => core.state === 'ended');
    expect(sink.outcomes).toHaveLength(3);
  });

  it('fails with the reason it is given, and what is in flight fails as aborted', async () => {
    const network = slow();
    const { core, sink, clock } = network.run(urls(50), { concurrency: 3 }, new ArraySink());
    const reason = new Error('enough');
    core.start();
    clock.advance(100);
    core.fail(reason);
    await expect(core.done).rejects.toBe(reason);
    expect(sink.short).toEqual(['0 headers/aborted', '1 headers/aborted', '2 headers/aborted']);
    expect([network.connector.held, sink.closes, core.stoppedBy]).toEqual([[], 1, 'caller']);
    core.fail(new Error('too late'));
    core.stop('caller');
    expect(core.state).toBe('ended');
  });

  it('aborts in every phase', async () => {
    const network = new Network(echoAfter(1000));
    network.onConnect = (peer) => {
      if (peer.wire.origin.host !== 'connect.test') peer.after(2, () => peer.wire.connect());
    };
    network.script = (peer, { target }) => {
      if (target === '/body') peer.wire.receive(response('whole').slice(0, -1));
    };
    const resolve = network.resolver.resolve.bind(network.resolver);
    network.resolver.resolve = (host, done) => {
      if (host !== 'dns.test') resolve(host, done);
    };
    const input = ['http://connect.test/', 'http://h.test/headers', 'http://h.test/body'];
    const { core, sink, clock } = network.run([...input, 'http://dns.test/'], {}, new ArraySink());
    core.start();
    clock.advance(100);
    core.abort('caller');
    await network.until(() => core.state === 'ended');
    expect(sink.short).toEqual(['0 connect/aborted', '1 headers/aborted', '2 body/aborted', '3 dns/aborted']);
  });
});

describe('a sink that breaks', () => {
  const slow = () => new Network(echoAfter(100));

  it('ends the run once, with its error', async () => {
    const network = slow();
    const sink = new ArraySink();
    const { core } = network.run(urls(50), { concurrency: 3 }, sink);
    const full = new Error('the disk is full');
    sink.onWrite = () => sink.onError!(full);
    expect(await network.end(core)).toBe(full);
    expect([core.stoppedBy, sink.closes]).toEqual(['sink', 1]);
    expect(sink.short).toEqual(['0 /0', '1 headers/aborted', '2 headers/aborted']);
    expect(network.connector.held).toEqual([]);
  });

  it('by throwing ends the run in the same way', async () => {
    const network = slow();
    const sink = new ArraySink();
    const { core, clock } = network.run(urls(50), { concurrency: 3 }, sink);
    const bug = new Error('a bug in a sink');
    sink.onWrite = () => {
      throw bug;
    };
    expect(await network.end(core)).toBe(bug);
    expect([core.stoppedBy, sink.closes, sink.outcomes.length]).toEqual(['sink', 1, 3]);
    clock.advance(100);
    expect([network.connector.held, clock.pending]).toEqual([[], 0]);
  });

  it('by throwing for each of very many in flight ends it all the same', async () => {
    const network = slow();
    const sink = new ArraySink();
    const { core } = network.run(urls(3000), { concurrency: 3000 }, sink);
    const bug = new Error('a bug in a sink');
    sink.onWrite = () => {
      throw bug;
    };
    expect(await network.end(core)).toBe(bug);
    expect([sink.outcomes.length, sink.closes, network.connector.held]).toEqual([3000, 1, []]);
  });

  it('while it closes rejects the run', async () => {
    const network = slow();
    const sink = new ArraySink();
    sink.closeError = new Error('the disk is full');
    const { core, clock } = network.run(urls(2), {}, sink);
    expect(await network.end(core)).toBe(sink.closeError);
    expect([core.stoppedBy, sink.indices]).toEqual(['sink', [0, 1]]);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it('keeps the first error: what breaks afterwards follows from it', async () => {
    const network = slow();
    const sink = new ArraySink();
    sink.closeError = new Error('second');
    const { core } = network.run(urls(5), {}, sink);
    const first = new Error('first');
    sink.onWrite = () => sink.onError!(first);
    expect(await network.end(core)).toBe(first);
  });
});

describe('the numbers of a run', () => {
  it('add up', async () => {
    const network = new Network((peer, { target }) => {
      if (target === '/1') return peer.fail(new Error('broken'));
      peer.after(29, () => peer.send([response(target)], 0));
    });
    const { core, clock, sink } = network.run([...urls(4), 'nonsense'], { concurrency: 1 }, new ArraySink());
    expect(core.snapshot()).toMatchObject({ wallMs: 0, inFlight: 0, expected: 5 });
    core.start();
    clock.advance(10);
    expect(core.snapshot()).toMatchObject({ requests: 0, inFlight: 1, wallMs: 10 });
    await network.until(() => core.state === 'ended');
    clock.advance(5000);
    expect(core.summary).toMatchObject({
      requests: 5,
      responses: 3,
      failures: 2,
      statuses: { 200: 3 },
      errors: { 'headers/unknown': 1, 'input/invalid': 1 },
      bytes: 6,
      // Two connections at 2 ms each, three answers after 30 ms, one failure after 1 ms; the second answer waits in vain.
      retries: 0,
      concurrency: { mode: 'fixed', final: 1, max: 1 },
      http: { versions: { '1.1': 3 }, connections: 2, streamsMax: 0 },
    });
    const { wallMs, rps, latencyMs, cpuUsPerRequest } = core.summary;
    expect(rps).toBeCloseTo((1000 * 3) / wallMs, 2);
    expect(wallMs).toBeLessThan(200);
    expect(latencyMs.max).toBeGreaterThanOrEqual(30);
    expect(cpuUsPerRequest).toBeGreaterThanOrEqual(0);
    expect(core.snapshot()).toMatchObject({ inFlight: 0, queued: 0, expected: 5 });
    expect(sink.outcomes).toHaveLength(5);
    expect(String(core)).toMatch(/^run ended: 0 in flight, 0 waiting .*; 0 origins, 0 idle connections$/);
  });

  it('has the connections that were opened since its start, also where it shares them', async () => {
    const network = new Network();
    const settings = resolveOptions({ concurrency: 2 });
    const session = new SessionCore(settings, network, true);
    const run = (input: string[]) => {
      return new RunCore(settings, openSource(definitionOf(input), settings), new ArraySink(), session);
    };
    const [first, second] = [run(urls(6)), run([...urls(4), 'http://other.test/'])];
    expect(second.summary.http).toEqual({ versions: {}, connections: 0, streamsMax: 0 });
    await network.end(first);
    await network.end(second);
    expect(first.summary.http).toEqual({ versions: { '1.1': 6 }, connections: 2, streamsMax: 0 });
    expect(second.summary.http).toEqual({ versions: { '1.1': 5 }, connections: 1, streamsMax: 0 });
  });
});
