// Every phase has its time: it fires with the right phase, within one tick of the wheel, never early, and what was not
// the attempt's own time is not charged to it.

import { describe, expect, it } from 'vitest';
import type { HttpSettings } from '../../src/transport/http-transport.ts';
import type { FakeWire } from '../fake/wire.ts';
import { type Asked, FakeNetwork, OK } from './fixture.ts';

const TICK_MS = 20;
const NEVER: Partial<HttpSettings> = {
  dnsTimeoutMs: 1e9,
  connectTimeoutMs: 1e9,
  tlsTimeoutMs: 1e9,
  firstByteTimeoutMs: 1e9,
  idleTimeoutMs: 1e9,
  timeoutMs: 1e9,
};

/** Nothing for as long as it may be, then the failure within a tick. */
function expectTimeout(net: FakeNetwork, asked: Asked, afterMs: number, phase: string): void {
  net.clock.advance(afterMs - 0.5);
  expect(asked.done).toBe(false);
  net.clock.advance(0.5 + TICK_MS);
  expect(asked.short).toBe(`${phase}/timeout`);
  expect(asked.failure.message).toMatch(/took too long \(\d+ ms\)/);
}

const PART = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';

interface Row {
  readonly name: string;
  readonly setting: keyof HttpSettings;
  readonly phase: string;
  readonly url?: string;
  /** What happens before the silence. */
  readonly until: (net: FakeNetwork, wire: () => FakeWire) => void;
}

const open = (_: FakeNetwork, wire: () => FakeWire) => wire().connect();
const rows: readonly Row[] = [
  { name: 'the lookup', setting: 'dnsTimeoutMs', phase: 'dns', until: () => {} },
  {
    name: 'the TCP handshake',
    setting: 'connectTimeoutMs',
    phase: 'connect',
    until: (net) => net.resolver.answer(),
  },
  {
    name: 'the TLS handshake',
    setting: 'tlsTimeoutMs',
    phase: 'tls',
    url: 'https://host/',
    until: (net, wire) => {
      net.resolver.answer();
      wire().connect();
    },
  },
  {
    name: 'the header section, of which nothing comes',
    setting: 'firstByteTimeoutMs',
    phase: 'headers',
    until: (net, wire) => {
      net.resolver.answer();
      open(net, wire);
    },
  },
  {
    name: 'the header section, of which a part comes',
    setting: 'firstByteTimeoutMs',
    phase: 'headers',
    until: (net, wire) => {
      net.resolver.answer();
      open(net, wire);
      wire().receive('HTTP/1.1 200 OK\r\nContent-');
    },
  },
  {
    name: 'the header section behind an interim response',
    setting: 'firstByteTimeoutMs',
    phase: 'headers',
    until: (net, wire) => {
      net.resolver.answer();
      open(net, wire);
      wire().receive('HTTP/1.1 103 Early Hints\r\n\r\n');
    },
  },
  {
    name: 'silence in the body',
    setting: 'idleTimeoutMs',
    phase: 'body',
    until: (net, wire) => {
      net.resolver.answer();
      open(net, wire);
      wire().receive(`${PART}abc`);
    },
  },
];

describe('a timeout', () => {
  for (const { name, setting, phase, url = 'http://host/', until } of rows) {
    for (const ms of [1, 250, 10_240, 61_234]) {
      it(`of ${name} fires after ${ms} ms`, () => {
        const net = new FakeNetwork({ ...NEVER, [setting]: ms });
        net.resolver.immediate = false;
        net.clock.advance(7.3);
        const asked = net.send(url);
        until(net, () => net.wire);
        expectTimeout(net, asked, ms, phase);
        expect(net.connector.held).toEqual([]);
        expect(net.transport.toString()).toBe('0 origins, 0 idle connections');
      });
    }

    it(`of the whole attempt fires during ${name}, too`, () => {
      const net = new FakeNetwork({ ...NEVER, timeoutMs: 777 });
      net.resolver.immediate = false;
      const asked = net.send(url);
      until(net, () => net.wire);
      expectTimeout(net, asked, 777, phase);
    });
  }

  it('of the whole attempt is not moved by octets that drip', () => {
    const net = new FakeNetwork({ ...NEVER, idleTimeoutMs: 100, timeoutMs: 1000 });
    const asked = net.send('http://host/');
    net.wire.connect();
    net.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
    for (let ms = 0; ms < 1000; ms += 50) {
      expect(asked.done).toBe(false);
      net.wire.receive('x');
      net.clock.advance(50);
    }
    net.clock.advance(TICK_MS);
    expect(asked.short).toBe('body/timeout');
    expect(asked.failure.ms).toBeGreaterThanOrEqual(1000);
    expect(asked.failure.ms).toBeLessThanOrEqual(1000 + TICK_MS);
  });

  it('of silence is moved by every octet of the body', () => {
    const net = new FakeNetwork({ ...NEVER, idleTimeoutMs: 100 });
    const asked = net.send('http://host/');
    net.wire.connect();
    net.wire.receive(PART);
    for (let i = 0; i < 9; i++) {
      net.clock.advance(99);
      net.wire.receive('x');
    }
    net.clock.advance(99);
    expect(asked.done).toBe(false);
    net.wire.receive('x');
    expect(asked.short).toBe('200 xxxxxxxxxx');
  });

  it('of the header section is not moved by interim responses', () => {
    const net = new FakeNetwork({ ...NEVER, firstByteTimeoutMs: 1000 });
    const asked = net.send('http://host/');
    net.wire.connect();
    for (let i = 0; i < 10; i++) {
      net.wire.receive('HTTP/1.1 103 Early Hints\r\n\r\n');
      net.clock.advance(100);
    }
    net.clock.advance(TICK_MS);
    expect(asked.short).toBe('headers/timeout');
  });

  it('never resends what may have been processed, idempotent or not', () => {
    const net = new FakeNetwork({ ...NEVER, firstByteTimeoutMs: 100 });
    const wire = net.idle();
    const asked = net.send('http://host/2');
    expect(wire.written).toContain('/2');
    net.clock.advance(100 + TICK_MS);
    expect(asked.failure.resend).toBe(false);
    expect(asked.failure.sent).toBe('whole');
  });

  it('destroys the connection: a late response is nobody’s', () => {
    const net = new FakeNetwork({ ...NEVER, firstByteTimeoutMs: 100 });
    const asked = net.send('http://host/');
    net.wire.connect();
    net.clock.advance(100 + TICK_MS);
    expect(net.wire.state).toBe('destroyed');
    net.wire.receive(OK);
    net.wire.close();
    expect(asked.outcomes).toHaveLength(1);
  });

  it('is no longer watched when its connection is gone', () => {
    const net = new FakeNetwork({ ...NEVER, firstByteTimeoutMs: 5000 });
    net.send('http://host/');
    net.wire.connect();
    expect(net.clock.pending).toBe(1);
    net.wire.reset();
    net.clock.advance(TICK_MS);
    expect(net.clock.pending).toBe(0);
  });

  it('tells the name lookup apart: a late answer opens nothing', () => {
    const net = new FakeNetwork({ ...NEVER, dnsTimeoutMs: 100 });
    net.resolver.immediate = false;
    const asked = net.send('http://host/');
    net.clock.advance(100 + TICK_MS);
    expect(asked.short).toBe('dns/timeout');
    net.resolver.answer();
    expect(net.connector.wires).toEqual([]);
  });

  it('looks a name up again after a connection that failed', () => {
    const net = new FakeNetwork({ ...NEVER, connectTimeoutMs: 100 });
    net.send('http://host/');
    net.clock.advance(100 + TICK_MS);
    expect(net.resolver.forgotten).toEqual(['host']);
  });

  it('is counted from the attempt, whose start is when the transport is given it', () => {
    const net = new FakeNetwork({ ...NEVER, timeoutMs: 500 });
    const wire = net.idle();
    net.clock.advance(3000);
    const asked = net.send('http://host/2');
    net.clock.poll();
    expect(wire.written).toContain('/2');
    expectTimeout(net, asked, 500, 'headers');
  });

  it('does not count what a request waits for a connection to pipeline on', () => {
    const net = new FakeNetwork({ ...NEVER, pipeline: 2, perOriginMax: 2, timeoutMs: 1000 });
    const first = net.send({ url: 'http://host/1', method: 'POST', body: 'x' });
    const second = net.send({ url: 'http://host/2', method: 'POST', body: 'y' });
    net.wire.connect();
    net.clock.advance(900);
    net.wire.receive(OK);
    expect(first.short).toBe('200 hi');
    expect(net.wire.written).toContain('/2');
    net.clock.advance(900);
    expect(second.done).toBe(false);
    net.wire.receive(OK);
    expect(second.short).toBe('200 hi');
    expect(second.response.ms).toBe(900);
    expect(second.response.timings.queueMs).toBe(900);
  });
});

describe('the timings of a response', () => {
  it('are those of its connection where it opened one, by phase', () => {
    const net = new FakeNetwork(NEVER);
    net.resolver.immediate = false;
    const asked = net.send('https://host/');
    net.clock.advance(10);
    net.resolver.answer();
    net.clock.advance(20);
    net.wire.connect();
    net.clock.advance(30);
    net.wire.secure();
    net.clock.advance(40);
    net.wire.receive(PART);
    net.clock.advance(50);
    net.wire.receive('0123456789');
    expect(asked.response.timings).toEqual({
      queueMs: 0,
      dnsMs: 10,
      connectMs: 20,
      tlsMs: 30,
      firstByteMs: 100,
      totalMs: 150,
    });
    expect(asked.response.remoteAddress).toBe('192.0.2.1:80');
  });

  it('are nothing for what a reused connection had done before', () => {
    const net = new FakeNetwork(NEVER);
    const first = net.send('http://host/1');
    const { wire } = net;
    net.clock.advance(7);
    wire.connect();
    wire.receive(OK);
    expect(first.response.timings.connectMs).toBe(7);
    const asked = net.send('http://host/2');
    net.clock.advance(5);
    wire.receive(OK);
    expect(asked.response.timings).toMatchObject({
      dnsMs: 0,
      connectMs: 0,
      tlsMs: 0,
      firstByteMs: 5,
      totalMs: 5,
    });
  });

  it.each([
    ['in two reads', ['HTTP/1.1 103 Early Hints\r\n\r\n', OK], 20],
    ['in one read', [`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`], 10],
    ['with half of it beside the interim one', ['HTTP/1.1 103 Early Hints\r\n\r\nHTT', OK.slice(3)], 20],
  ])('count the first octet of the final response, not of an interim one: %s', (_, reads, firstByteMs) => {
    const net = new FakeNetwork(NEVER);
    const asked = net.send('http://host/');
    net.wire.connect();
    for (const read of reads) {
      net.clock.advance(10);
      net.wire.receive(read);
    }
    expect(asked.response.firstByteMs).toBe(firstByteMs);
  });
});
