// What bound a run, seen while it runs in virtual time: the real scheduler under a load that the test tells.

import { describe, expect, it } from 'vitest';
import { BindingWatch } from '../../src/engine/binding.ts';
import type { Binding } from '../../src/metrics/samples.ts';
import type { Load } from '../../src/model/clock.ts';
import { Failure, type Outcome } from '../../src/model/outcome.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { ArraySink, echoAfter, Network, response, urls } from './fixture.ts';

const IDLE: Load = { activeMs: 0, idleMs: 0, cpuMs: 0 };

/** A network whose process is as busy as `share` says. */
function watched(script = echoAfter(10), share = 0): Network {
  const network = new Network(script);
  const load = () => {
    const ms = network.clock.now();
    return { activeMs: share * ms, idleMs: (1 - share) * ms, cpuMs: 0 };
  };
  return Object.assign(network, { load });
}

async function verdictOf(network: Network, input: string[], options: object, sink = new ArraySink()) {
  const { core } = network.run(input, options, sink);
  await network.end(core);
  expect(network.clock.pending).toBeLessThan(20);
  return core.summary.verdict;
}

describe('a run', () => {
  it('is bound by its concurrency', async () => {
    const verdict = await verdictOf(watched(), urls(500), { concurrency: 5 });
    expect(verdict.text).toMatch(/^your -c 5: full \d+% of the time; more may be faster/);
    expect(verdict.share).toBeGreaterThan(0.8);
  });

  it('is bound by the number per host', async () => {
    const options = { concurrency: 50, perHost: 2 };
    expect(await verdictOf(watched(), urls(400, 3), options)).toMatchObject({ bound: 'per-host' });
  });

  it('is bound by its rate, of all hosts and of each', async () => {
    const rate = await verdictOf(watched(), urls(200), { concurrency: 50, rate: '100/s' });
    expect(rate).toMatchObject({ bound: 'rate', text: expect.stringMatching(/^your --rate 100\/s, \d+%/) });
    const each = await verdictOf(watched(), urls(200, 2), { concurrency: 50, ratePerHost: 50 });
    expect(each.text).toMatch(/^your --rate-per-host 50\/s, \d+%/);
  });

  it('is bound by the host that asks for pauses', async () => {
    let answered = 0;
    const network = watched((peer) => {
      const text =
        answered++ % 20 === 19
          ? 'HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'
          : response('ok');
      peer.after(5, () => peer.send([text], 0));
    });
    expect(await verdictOf(network, urls(200), { concurrency: 10 })).toMatchObject({ bound: 'host-limit' });
  });

  it('is bound by this CPU', async () => {
    const verdict = await verdictOf(watched(echoAfter(10), 0.97), urls(500), { concurrency: 5 });
    expect(verdict).toMatchObject({ bound: 'cpu', share: 1 });
  });

  it('is bound by connecting, where each request takes a new connection', async () => {
    const network = watched((peer, { target }) => {
      peer.after(5, () => peer.send([response(target, 'Connection: close\r\n')], 0));
    });
    network.onConnect = (peer) => peer.after(40, () => peer.wire.connect());
    expect(await verdictOf(network, urls(300), { concurrency: 5 })).toMatchObject({ bound: 'connecting' });
  });

  it('is bound by its last answers', async () => {
    const verdict = await verdictOf(watched(echoAfter(900)), urls(5), { concurrency: 50 });
    expect(verdict).toMatchObject({ bound: 'tail', share: 1 });
  });

  it('is bound by its sink', async () => {
    const network = watched();
    const sink = new ArraySink();
    sink.onWrite = () => {
      sink.full = true;
      network.clock.after(50, () => {
        sink.full = false;
        sink.onDrain?.();
      });
    };
    expect(await verdictOf(network, urls(40), { concurrency: 1 }, sink)).toMatchObject({ bound: 'sink' });
  });

  it('says nothing where nobody tells how busy the process is', async () => {
    expect(await verdictOf(new Network(), urls(500), { concurrency: 5 })).toMatchObject({ bound: 'unknown' });
  });
});

describe('the watch', () => {
  function watch() {
    const clock = new VirtualClock();
    const state: { binding: Binding; starving: boolean } = { binding: 'slots', starving: false };
    const made = new BindingWatch(clock, () => IDLE, {
      get binding() {
        return state.binding;
      },
      get starving() {
        return state.starving;
      },
      sought: undefined,
    });
    made.start();
    return { made, clock, state };
  }
  const failure = new Failure({
    ...{ index: 0, url: 'http://h/', method: 'GET', phase: 'dns', kind: 'not-found', sent: 'none' },
    ...{ message: 'no', attempts: 1, ms: 30 },
  }) as Outcome;

  it('looks ten times a second, and at eight outcomes after each look', () => {
    const { made, clock } = watch();
    expect(made.curious).toBe(0);
    clock.advance(1000);
    expect([made.all.count, made.all.ms, made.curious]).toEqual([10, 1000, 8]);
    made.look(failure);
    expect([made.curious, made.all.dnsMs, made.recent.requestMs]).toEqual([7, 30, 30]);
    made.stop();
    clock.advance(1000);
    expect([made.all.count, clock.pending]).toEqual([10, 0]);
  });

  it('takes for the run’s own no time after which nothing came', () => {
    const { made, clock, state } = watch();
    clock.advance(300);
    Object.assign(state, { binding: 'starved', starving: true });
    clock.advance(500);
    expect([made.all.ms, made.recent.inMs.starved]).toEqual([300, 500]);
    // Something came and went between two looks.
    made.look(failure);
    clock.advance(100);
    expect([made.all.ms, made.all.inMs.starved]).toEqual([900, 600]);
  });

  it('tells of the last seconds while it goes on', () => {
    const { made, clock, state } = watch();
    clock.advance(10_000);
    state.binding = 'rate';
    clock.advance(6_000);
    expect(made.recent.inMs.rate).toBeGreaterThan(made.recent.inMs.slots * 4);
    expect(made.all.inMs.rate).toBeLessThan(made.all.inMs.slots);
  });
});
