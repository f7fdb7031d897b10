// What is sent again, when, and what a host is spared: rates, pauses, quotas, circuits and limits, through the whole
// engine in virtual time.

import { flurry, Session } from 'flurry';
import { describe, expect, it } from 'vitest';
import schema from '../../record.schema.json' with { type: 'json' };
import type { Outcome } from '../../src/model/outcome.ts';
import { RecordFormat } from '../../src/sinks/record.ts';
import { schemaCheck } from '../sinks/schema-check.ts';
import { ArraySink, type Arrival, Network, type Peer, response, upTo, urls } from './fixture.ts';

/** When each request arrived, in milliseconds from the first. */
function arrivals(network: Network): {
  times: number[];
  script: (peer: Peer, arrival: Arrival) => void;
  say: (n: number, arrival: Arrival) => string;
} {
  const times: number[] = [];
  let first: number | undefined;
  const told = {
    times,
    say: (_n: number, { target }: Arrival) => response(target),
    script: (peer: Peer, arrival: Arrival) => {
      first ??= network.clock.now();
      times.push(network.clock.now() - first);
      peer.send([told.say(times.length - 1, arrival)], 0);
    },
  };
  network.script = told.script;
  return told;
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function status(code: number, fields = ''): string {
  return `HTTP/1.1 ${code} -\r\nContent-Length: 0\r\n${fields}\r\n`;
}

describe('a rate', () => {
  it('is kept over all hosts together', async () => {
    const network = new Network();
    const { times } = arrivals(network);
    const { core, sink } = network.run(
      urls(101, 3),
      { rate: '100/s', burst: 1, concurrency: 50 },
      new ArraySink(),
    );
    await network.end(core);
    expect(sink.indices).toEqual(upTo(101));
    expect(times.at(-1)).toBeGreaterThanOrEqual(990);
    expect(times.at(-1)).toBeLessThan(1100);
  });

  it('of each host is its own', async () => {
    const network = new Network();
    const { times } = arrivals(network);
    const { core, sink } = network.run(
      urls(100, 10),
      { ratePerHost: '10/s', burst: 1, concurrency: 50 },
      new ArraySink(),
    );
    await network.end(core);
    expect(sink.indices).toEqual(upTo(100));
    // Ten each: the tenth 900 ms after the first, on all hosts at once.
    expect(times.at(-1)).toBeGreaterThanOrEqual(890);
    expect(times.at(-1)).toBeLessThan(1000);
  });

  it('that holds everything back leaves nothing behind when the run is stopped', async () => {
    const network = new Network();
    arrivals(network);
    const { core, sink } = network.run(urls(10), { rate: '1/s', burst: 1 }, new ArraySink());
    core.start();
    network.clock.advance(2_500);
    core.stop('caller');
    await network.until(() => core.state === 'ended');
    expect(sink.indices).toEqual([0, 1, 2]);
    // What the peers do when their wires are let go of.
    network.clock.advance(50);
    expect(network.clock.pending).toBe(0);
  });
});

describe('a retry', () => {
  const settings = { concurrency: 1, retryDelayMs: 100 };

  it('follows an answer that may be better next time, and the record tells of it', async () => {
    const network = new Network();
    const told = arrivals(network);
    told.say = (n, { target }) => (n < 2 ? status(500) : response(target));
    const { core, sink } = network.run(['http://a.test/x'], settings, new ArraySink());
    await network.end(core);
    expect(sink.short).toEqual(['0 /x']);
    expect(sink.outcomes[0]).toMatchObject({ attempts: 3, history: [{ status: 500 }, { status: 500 }] });
    expect(core.summary.retries).toBe(2);
  });

  it('ends with the last answer when they are used up, and is not made for what another attempt cannot better', async () => {
    const network = new Network();
    arrivals(network).say = (_, { target }) => status(Number(target.slice(1)));
    const { core, sink } = network.run(['http://a.test/502', 'http://a.test/404'], settings, new ArraySink());
    await network.end(core);
    expect(sink.outcomes.map((one) => [one.index, one.attempts])).toEqual(
      expect.arrayContaining([
        [0, 3],
        [1, 1],
      ]),
    );
  });

  it('holds no slot while it waits', async () => {
    const network = new Network();
    const told = arrivals(network);
    told.say = (n, { target }) => (n === 0 ? status(500) : response(target));
    const options = { ...settings, retryDelayMs: 10_000 };
    const { core, sink } = network.run(urls(5), options, new ArraySink());
    await network.end(core);
    expect(sink.outcomes.map(({ index }) => index).at(-1)).toBe(0);
    expect(sink.indices).toEqual(upTo(5));
  });

  it('of what may have had its effect is made only where that is allowed', async () => {
    for (const [retryUnsafe, attempts] of [
      [false, 1],
      [true, 3],
    ] as const) {
      const network = new Network();
      arrivals(network).say = () => status(503);
      const post = { url: 'http://a.test/', method: 'POST', body: 'x' };
      const { core, sink } = network.run([post], { ...settings, retryUnsafe }, new ArraySink());
      await network.end(core);
      expect(sink.outcomes[0]!.attempts).toBe(attempts);
    }
  });

  it('is given up when the run stops: the outcome is the last one', async () => {
    const network = new Network();
    arrivals(network).say = () => status(500);
    const options = { ...settings, retryDelayMs: 60_000, retryDelayMaxMs: 60_000 };
    const { core, sink } = network.run(urls(3), options, new ArraySink());
    core.start();
    network.clock.advance(50);
    core.stop('caller');
    await network.until(() => core.state === 'ended');
    expect(sink.outcomes).toHaveLength(3);
    expect(sink.outcomes.every((one) => one.type === 'response' && one.status === 500)).toBe(true);
    // What the peers do when their wires are let go of.
    network.clock.advance(50);
    expect(network.clock.pending).toBe(0);
  });

  it('is at most a fifth of the load, and ten', async () => {
    const network = new Network();
    const told = arrivals(network);
    told.say = () => status(500);
    const { core } = network.run(urls(200), { ...settings, concurrency: 10 }, new ArraySink());
    await network.end(core);
    expect(told.times.length).toBeLessThanOrEqual(200 + 200 * 0.2 + 10);
    expect(told.times.length).toBeGreaterThan(220);
  });
});

describe('a shouldRetry that throws', () => {
  const thrower = () => {
    throw new SyntaxError('no JSON');
  };

  it('makes a failure of that outcome, which says so, and of no other', async () => {
    const network = new Network();
    const told = arrivals(network);
    told.say = (n, { target }) => (n === 1 ? status(500) : response(target));
    const shouldRetry = (outcome: Outcome) =>
      outcome.type === 'response' && outcome.status === 200 ? false : thrower();
    const { core, sink } = network.run(urls(3), { concurrency: 1, shouldRetry }, new ArraySink());
    expect(await network.end(core)).toBeUndefined();
    expect(sink.short).toEqual(['0 /0', '1 body/unknown', '2 /2']);
    expect(sink.outcomes[1]).toMatchObject({
      sent: 'response',
      attempts: 1,
      message: 'shouldRetry, asked after status 500, threw SyntaxError: no JSON',
      cause: expect.any(SyntaxError),
    });
  });

  it('leaves to a failure where it happened and how far it got', async () => {
    const network = new Network();
    network.onConnect = (peer) => peer.after(1, () => peer.fail(coded('ECONNREFUSED')));
    const { core, sink } = network.run(urls(1), { shouldRetry: thrower }, new ArraySink());
    expect(await network.end(core)).toBeUndefined();
    expect(sink.outcomes).toMatchObject([{ phase: 'connect', kind: 'unknown', sent: 'none' }]);
  });
});

describe('a shouldRetry that stops the run', () => {
  it('gets no further attempt', async () => {
    const network = new Network();
    const told = arrivals(network);
    told.say = () => status(500);
    const shouldRetry = (): boolean => {
      core.stop('caller');
      return true;
    };
    const { core, sink } = network.run(urls(5), { concurrency: 1, shouldRetry }, new ArraySink());
    await network.end(core);
    expect(told.times).toHaveLength(1);
    expect(sink.outcomes).toMatchObject([{ type: 'response', status: 500, attempts: 1 }]);
  });
});

describe('a host that asks for a pause', () => {
  it('gets it, as long as it asks for, and the others go on', async () => {
    const network = new Network();
    const sent: { host: string; atMs: number }[] = [];
    let refused = false;
    network.script = (peer, { target }) => {
      sent.push({ host: peer.wire.origin.host, atMs: network.clock.now() });
      const refuses = peer.wire.origin.host === 'h0.test' && !refused;
      refused ||= refuses;
      peer.after(5, () => peer.send([refuses ? status(429, 'Retry-After: 7\r\n') : response(target)], 0));
    };
    const { core, sink } = network.run(urls(40, 2), { concurrency: 4, perHost: 2 }, new ArraySink());
    await network.end(core);
    expect(sink.outcomes.every((one) => one.type === 'response' && one.status === 200)).toBe(true);
    const [first, ...later] = sent.filter(({ host }) => host === 'h0.test');
    const after = later.filter(({ atMs }) => atMs > first!.atMs + 10);
    expect(after[0]!.atMs - first!.atMs).toBeGreaterThanOrEqual(7_000);
    const other = sent.filter(({ host }) => host === 'h1.test');
    expect(other.at(-1)!.atMs - first!.atMs).toBeLessThan(1_000);
  });

  it('is asked no faster than it says that it may be, before it refuses', async () => {
    const network = new Network();
    let left = 20;
    let refusals = 0;
    let resetAtMs = network.clock.now() + 10_000;
    network.script = (peer, { target }) => {
      if (network.clock.now() >= resetAtMs) {
        left = 20;
        resetAtMs += 10_000;
      }
      const inSeconds = Math.ceil((resetAtMs - network.clock.now()) / 1000);
      const fields = `RateLimit-Limit: 20\r\nRateLimit-Remaining: ${Math.max(0, left - 1)}\r\nRateLimit-Reset: ${inSeconds}\r\n`;
      if (left-- <= 0) refusals++;
      peer.send([left < 0 ? status(429, fields) : response(target, fields)], 0);
    };
    const { core, sink } = network.run(urls(60), { concurrency: 2 }, new ArraySink());
    await network.end(core);
    expect(sink.indices).toEqual(upTo(60));
    expect(refusals).toBeLessThanOrEqual(1);
  });
});

describe('a host that is down', () => {
  it('costs so many failures and no more: the rest fails at once, and other hosts go on', async () => {
    const network = new Network();
    network.onConnect = (peer) => {
      if (peer.wire.origin.host === 'h0.test')
        peer.after(1, () => peer.fail(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })));
      else peer.after(2, () => peer.wire.connect());
    };
    const options = { concurrency: 4, retry: 0, maxHostErrors: 5 };
    const { core, sink } = network.run(urls(100, 2), options, new ArraySink());
    await network.end(core);
    const kinds = sink.outcomes.map((one) => (one.type === 'failure' ? one.kind : 'response'));
    expect(kinds.filter((kind) => kind === 'response')).toHaveLength(50);
    expect(kinds.filter((kind) => kind === 'refused').length).toBeLessThan(10);
    expect(kinds.filter((kind) => kind === 'host-down').length).toBeGreaterThan(40);
  });

  it('is waited for where it has answered before', async () => {
    const network = new Network();
    const downFrom = network.clock.now() + 100;
    network.onConnect = (peer) => {
      const isDown = network.clock.now() > downFrom && network.clock.now() < downFrom + 8_000;
      if (isDown)
        peer.after(1, () => peer.fail(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })));
      else peer.after(2, () => peer.wire.connect());
    };
    network.script = (peer, { target }) => {
      if (network.clock.now() > downFrom && network.clock.now() < downFrom + 8_000)
        return peer.fail(new Error('gone'));
      peer.after(10, () => peer.send([response(target)], 0));
    };
    const { core, sink } = network.run(urls(100), { concurrency: 2, maxHostErrors: 3 }, new ArraySink());
    await network.end(core);
    const failed = sink.outcomes.filter((one) => one.type === 'failure');
    expect(failed.length).toBeLessThan(10);
    expect(sink.indices).toEqual(upTo(100));
  });
});

describe('a proxy that refuses', () => {
  it('does not make the hosts behind it be down', async () => {
    const network = new Network();
    network.onConnect = (peer) => peer.after(1, () => peer.fail(coded('ECONNREFUSED')));
    const options = { proxy: ['http://proxy.test:3128'], concurrency: 2, retry: 0, maxHostErrors: 3 };
    const { core, sink } = network.run(urls(20), options, new ArraySink());
    await network.end(core);
    expect(new Set(sink.short.map((line) => line.split(' ')[1]))).toEqual(new Set(['connect/refused']));
  });
});

describe('a run', () => {
  it.each([
    ['failEarly', { failEarly: true }, 1],
    ['maxFailures', { maxFailures: 3 }, 3],
  ])('with %s stops there', async (_, limit, failures) => {
    const network = new Network();
    network.script = (peer) => peer.fail(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    const { core, sink } = network.run(urls(100), { ...limit, retry: 0, concurrency: 1 }, new ArraySink());
    await network.end(core);
    expect(core.stoppedBy).toBe('failures');
    expect(sink.outcomes).toHaveLength(failures);
  });

  it('with failEarly stops where retries are used up, and not before', async () => {
    const network = new Network();
    const fails = new Map([
      ['/0', 1],
      ['/20', Number.POSITIVE_INFINITY],
    ]);
    network.script = (peer, { target }) => {
      const left = fails.get(target) ?? 0;
      fails.set(target, left - 1);
      if (left > 0) peer.fail(coded('ECONNRESET'));
      else peer.after(10, () => peer.send([response(target)], 0));
    };
    const options = { failEarly: true, concurrency: 1, retryDelayMs: 200 };
    const { core, sink } = network.run(urls(1_000), options, new ArraySink());
    await network.end(core);
    expect(core.stoppedBy).toBe('failures');
    expect(sink.short[0]).toBe('0 /0');
    expect(sink.outcomes.at(-1)).toMatchObject({ index: 20, type: 'failure', history: [{}, {}] });
    // While it waited for its retries others went out.
    expect(sink.outcomes.length).toBeGreaterThan(22);
    expect(sink.outcomes.length).toBeLessThan(100);
  });
});

const FORMAT = new RecordFormat({ body: 'auto', headers: false, timings: false });

describe('the record of a request that was sent again', () => {
  it('holds what the attempts before came to', async () => {
    const network = new Network();
    const told = arrivals(network);
    told.say = (n, { target }) => (n === 0 ? status(503, 'Retry-After: 2\r\n') : response(target));
    const { core, sink } = network.run(['http://a.test/x'], { concurrency: 1 }, new ArraySink());
    await network.end(core);
    const record = JSON.parse(FORMAT.line(sink.outcomes[0]!));
    expect(record).toMatchObject({ status: 200, attempts: 2, history: [{ status: 503 }] });
    expect(record.history[0].waitMs).toBeGreaterThanOrEqual(2_000);
    expect(schemaCheck(schema)(record)).toEqual([]);
  });
});

describe('a rate that is changed', () => {
  it('holds from then on, and may be lifted', async () => {
    const network = new Network();
    const { times } = arrivals(network);
    const { core } = network.run(urls(400), { rate: '10/s', burst: 1, concurrency: 50 }, new ArraySink());
    core.start();
    network.clock.advance(1_000);
    expect(times.length).toBeLessThanOrEqual(11);
    core.setRate('100/s');
    network.clock.advance(1_000);
    expect(times.length).toBeGreaterThan(80);
    expect(times.length).toBeLessThan(125);
    expect(() => core.setRate('fast')).toThrow('rate');
    core.setRate(undefined);
    network.clock.advance(500);
    await network.until(() => core.state === 'ended');
    expect(times).toHaveLength(400);
  });
});

describe('a rate of each host that is changed', () => {
  /** How many arrived at each host since the last look. */
  function counted(network: Network): () => number[] {
    let counts = new Map<string, number>();
    network.script = (peer, { target }) => {
      const { host } = peer.wire.origin;
      counts.set(host, (counts.get(host) ?? 0) + 1);
      peer.after(4, () => peer.send([response(target)], 0));
    };
    return () => {
      const seen = [...counts.values()];
      counts = new Map();
      return seen;
    };
  }

  it('holds at once for hosts that wait by the one before, and may be lifted', async () => {
    const network = new Network();
    const look = counted(network);
    const options = { ratePerHost: '1/h', burst: 1, concurrency: 50 };
    const { core, sink } = network.run(urls(400, 4), options, new ArraySink());
    core.start();
    network.clock.advance(1_000);
    expect(look()).toEqual([1, 1, 1, 1]);
    core.setRatePerHost('20/s');
    network.clock.advance(1_000);
    const faster = look();
    expect(faster).toHaveLength(4);
    for (const n of faster) expect(n).toBeGreaterThanOrEqual(19);
    core.setRatePerHost('5/s');
    network.clock.advance(2_000);
    const slower = look();
    expect(slower).toHaveLength(4);
    for (const n of slower) expect(n).toBeLessThanOrEqual(11);
    expect(() => core.setRatePerHost('fast')).toThrow('ratePerHost takes a rate, not "fast"');
    expect(() => core.setRatePerHost(2_000_000)).toThrow('ratePerHost takes a rate from 1/d to');
    core.setRatePerHost(undefined);
    network.clock.advance(200);
    await network.until(() => core.state === 'ended');
    expect(sink.indices).toEqual(upTo(400));
  });

  it('holds where there was none, for hosts in use and for those that come', async () => {
    const network = new Network();
    const look = counted(network);
    // Two hosts at first; the other two come when what is left of the look-ahead has room for them.
    const list = [...urls(100, 2), ...urls(40, 4)];
    const { core } = network.run(list, { concurrency: 4, perHost: 2, lookAhead: 20 }, new ArraySink());
    core.start();
    network.clock.advance(50);
    expect(look()).toHaveLength(2);
    core.setRatePerHost(10);
    network.clock.advance(2_000);
    const slower = look();
    expect(slower.length).toBeGreaterThanOrEqual(2);
    for (const n of slower) expect(n).toBeLessThanOrEqual(22);
    network.clock.advance(60_000);
    expect(look()).toHaveLength(4);
    await network.until(() => core.state === 'ended');
  });

  it('holds for all that its session does, and so does a rate of all hosts', async () => {
    for (const set of ['setRate', 'setRatePerHost'] as const) {
      const lift = set === 'setRate' ? 'setRatePerHost' : 'setRate';
      const network = new Network();
      const look = counted(network);
      const session = new Session({ rate: '1/h', ratePerHost: '1/h', burst: 1 }, network);
      const [one, other] = [flurry(urls(5), { session }), flurry(urls(5), { session })];
      let ended = 0;
      for (const run of [one, other]) run.to(new ArraySink()).then(() => ended++);
      network.clock.advance(1_000);
      expect(look()).toEqual([1]);
      one[set]('2/s');
      one[lift](undefined);
      network.clock.advance(1_000);
      const [n] = look();
      expect(n).toBeGreaterThanOrEqual(1);
      expect(n).toBeLessThanOrEqual(3);
      network.clock.advance(6_000);
      await network.until(() => ended === 2);
      await session.close();
    }
  });

  it('is the one that bound the run', async () => {
    const network = Object.assign(new Network(), { load: () => ({ activeMs: 0, idleMs: 0, cpuMs: 0 }) });
    const { core } = network.run(urls(40), { ratePerHost: '1/s', burst: 1 }, new ArraySink());
    core.start();
    core.setRatePerHost('10/s');
    await network.until(() => core.state === 'ended');
    expect(core.summary.verdict.text).toMatch(/^your --rate-per-host 10\/s, /);
  });
});

describe('a host that fails now and then', () => {
  // Each 503 paused it for twice as long as the one before, up to a minute: a run of 1,000 took hours.
  it('is not left alone for it', async () => {
    const network = new Network();
    arrivals(network).say = (n, { target }) => (n % 12 === 0 ? status(503) : response(target));
    const { core, sink } = network.run(urls(1_000), { concurrency: 50, retryDelayMs: 100 }, new ArraySink());
    await network.end(core);
    expect(sink.indices).toEqual(upTo(1_000));
    expect(core.summary.wallMs).toBeLessThan(2_000);
  });
});
