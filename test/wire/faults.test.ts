// Peers and names that are slow, or come and go, in virtual time: every request ends when its deadline says.

import { describe, expect, it } from 'vitest';
import { systemError } from '../fake/wire.ts';
import { FakeNetwork, OK } from '../transport/fixture.ts';

const TIMES = { firstByteTimeoutMs: 5000, idleTimeoutMs: 3000, timeoutMs: 60_000 };

/** An octet each `gapMs`, again and again, until the wire is let go of. How long it took, and what came of it. */
function dripped(octets: string, gapMs: number, start = '') {
  const network = new FakeNetwork(TIMES);
  const asked = network.send('http://host/');
  network.wire.connect();
  const startMs = network.clock.now();
  if (start !== '') network.wire.receive(start);
  for (let i = 0; !asked.done && i < 1000; i++) {
    network.wire.receive(octets[i % octets.length]!);
    network.clock.advance(gapMs);
  }
  return { short: asked.short, ms: network.clock.now() - startMs, state: network.wire.state };
}

describe('an octet at a time, for ever', () => {
  it('a header section that drips meets the deadline of header sections', () => {
    const seen = dripped('A: b\r\n', 1000, 'HTTP/1.1 200 OK\r\n');
    expect([seen.short, seen.state]).toEqual(['headers/timeout', 'destroyed']);
    expect(seen.ms).toBeLessThanOrEqual(TIMES.firstByteTimeoutMs + 1100);
  });

  it('interim responses that drip meet it, too', () => {
    const seen = dripped('HTTP/1.1 102 P\r\n\r\n', 100);
    expect([seen.short, seen.state]).toEqual(['headers/timeout', 'destroyed']);
    expect(seen.ms).toBeLessThanOrEqual(TIMES.firstByteTimeoutMs + 1100);
  });

  it('a body that drips goes on until the deadline of the whole', () => {
    const seen = dripped('x', 1000, 'HTTP/1.1 200 OK\r\n\r\n');
    expect([seen.short, seen.state]).toEqual(['body/timeout', 'destroyed']);
    expect(seen.ms).toBeGreaterThan(TIMES.timeoutMs - 1100);
    expect(seen.ms).toBeLessThanOrEqual(TIMES.timeoutMs + 1100);
  });

  it('and one that stops in between meets that of silence', () => {
    const seen = dripped('x', 4000, 'HTTP/1.1 200 OK\r\n\r\n');
    expect([seen.short, seen.state]).toEqual(['body/timeout', 'destroyed']);
    expect(seen.ms).toBeLessThanOrEqual(TIMES.idleTimeoutMs + 1100);
  });
});

describe('a name that flaps', () => {
  it('fails while it has no address, and goes to where it points when it has', () => {
    const network = new FakeNetwork();
    const { resolver } = network;
    resolver.immediate = false;
    const failed = network.send('http://host/');
    resolver.fail(systemError('ENOTFOUND'));
    expect(failed.short).toBe('dns/not-found');
    const first = network.send('http://host/');
    resolver.answer();
    network.wire.close(systemError('ECONNREFUSED'));
    expect([first.short, resolver.forgotten]).toEqual(['connect/refused', ['host']]);
    resolver.addresses.set('host', [{ address: '192.0.2.2', family: 4 }]);
    const second = network.send('http://host/');
    resolver.answer();
    expect(network.wire.addresses.map(({ address }) => address)).toEqual(['192.0.2.2']);
    network.wire.connect();
    network.wire.receive(OK);
    expect(second.short).toBe('200 hi');
  });
});
