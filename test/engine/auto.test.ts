// concurrency: 'auto' through the whole engine, in virtual time: it finds what a server bears, and what it sells.

import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../src/target/rate-limiter.ts';
import { WorkerPool } from '../../src/target/worker-pool.ts';
import { ArraySink, Network, response, upTo, urls } from './fixture.ts';

/** Its event loop is never busy: time is virtual. */
class IdleNetwork extends Network {
  readonly load = () => ({ activeMs: 0, idleMs: 1, cpuMs: 0 });
}

function capacity(workers: number, ms: number): Network {
  const network = new IdleNetwork();
  const pool = new WorkerPool(workers, ms, 10_000, network.clock);
  network.script = (peer, { target }) => {
    pool.enter(() => {
      if (peer.alive) peer.send([response(target)], 0);
    });
  };
  return network;
}

describe('auto', () => {
  it.each([10, 60, 150])('finds %i workers', async (workers) => {
    const network = capacity(workers, 20);
    const requests = workers * 50 * 12;
    const { core, sink } = network.run(urls(requests), { concurrency: 'auto' }, new ArraySink());
    await network.end(core);
    expect(sink.indices).toEqual(upTo(requests));
    const { concurrency, wallMs } = core.summary;
    expect(concurrency.mode).toBe('auto');
    expect(concurrency.final).toBeGreaterThanOrEqual(workers * 0.8);
    // One and a half times what is in flight at the knee: the work, and a tenth of its time on the way.
    expect(concurrency.final).toBeLessThanOrEqual(workers * 1.1 * 1.5);
    // 12 s at best.
    expect(wallMs).toBeLessThan(12_000 / 0.9);
  });

  it('keeps to a rate that is sold, after few refusals', async () => {
    const network = new IdleNetwork();
    const limiter = new RateLimiter(300, 30);
    let refusals = 0;
    network.script = (peer, { target }) => {
      const { admitted } = limiter.take(network.clock.now());
      if (!admitted) refusals++;
      const refused = 'HTTP/1.1 429 -\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n';
      peer.after(10, () => peer.send([admitted ? response(target) : refused], 0));
    };
    const { core, sink } = network.run(urls(15_000), { concurrency: 'auto' }, new ArraySink());
    await network.end(core);
    expect(
      sink.outcomes.filter((one) => one.type === 'response' && one.status === 200).length,
    ).toBeGreaterThan(15_000 * 0.999);
    expect(refusals).toBeLessThan(15_000 * 0.02);
    expect(core.summary.wallMs).toBeLessThan(50_000 / 0.85);
  });

  it('gives each host its own number', async () => {
    const network = new IdleNetwork();
    const pools = new Map<string, WorkerPool>();
    network.script = (peer, { target }) => {
      const { host } = peer.wire.origin;
      const workers = 4 + 8 * Number(/\d+/.exec(host)![0]);
      let pool = pools.get(host);
      if (pool === undefined) {
        pool = new WorkerPool(workers, 50, 10_000, network.clock);
        pools.set(host, pool);
      }
      pool.enter(() => {
        if (peer.alive) peer.send([response(target)], 0);
      });
    };
    const { core, sink } = network.run(urls(8_000, 4), { concurrency: 'auto' }, new ArraySink());
    await network.end(core);
    expect(sink.indices).toEqual(upTo(8_000));
    // The slowest has 2,000 requests, 4 workers and 50 ms: 25 s. The others are done long before.
    expect(core.summary.wallMs).toBeLessThan(25_000 / 0.85);
  });
});
