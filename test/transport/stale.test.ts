// A connection that its peer had closed before we wrote: one more try, where that repeats nothing (RFC 9110 section
// 9.2.2), and not one more than that.

import { describe, expect, it } from 'vitest';
import { type Asked, FakeNetwork, OK } from './fixture.ts';

const ends = ['finish', 'reset', 'close'] as const;

describe('a reused connection that ends without an octet', () => {
  for (const end of ends) {
    it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])(`(${end}) lets a %s be sent again`, (method) => {
      const net = new FakeNetwork();
      const wire = net.idle();
      const asked = net.send({ url: 'http://host/2', method });
      wire[end]();
      expect(asked.failure.resend).toBe(true);
      expect(net.connector.held).toEqual([]);
    });

    it.each(['POST', 'PATCH', 'get', 'PROPFIND'])(`(${end}) lets no %s be sent again`, (method) => {
      const net = new FakeNetwork();
      const wire = net.idle();
      // A peer that nobody knows is trusted with it once the connection has lain still.
      net.clock.advance(20);
      const asked = net.send({ url: 'http://host/2', method });
      net.clock.poll();
      wire[end]();
      expect(asked.failure.resend).toBe(false);
      expect(asked.failure.sent).toBe('whole');
      expect(asked.failure.phase).toBe('headers');
    });
  }

  it('is replaced by a connection of its own, even where another lies idle', () => {
    const net = new FakeNetwork();
    net.send('http://host/a');
    net.send('http://host/b');
    for (const wire of net.connector.wires) {
      wire.connect();
      wire.receive(OK);
    }
    const asked = net.send('http://host/c');
    net.connector.wires[1]!.finish();
    const again = net.resend(asked);
    expect(net.connector.wires).toHaveLength(3);
    net.wire.connect();
    net.wire.receive(OK);
    expect(again.short).toBe('200 hi');
    expect(again.response.attempts).toBe(2);
  });

  it('is tried again once only', () => {
    const net = new FakeNetwork();
    const asked = net.send('http://host/first');
    net.wire.connect();
    net.wire.receive(OK);
    const stale = net.send('http://host/2');
    net.wire.reset();
    expect(stale.failure.resend).toBe(true);
    const again = net.resend(stale);
    net.wire.connect();
    net.wire.reset();
    expect(again.short).toBe('headers/reset');
    expect(asked.done).toBe(true);
  });

  it('was not stale when an octet of the response had come', () => {
    for (const part of [
      'H',
      '\r\n',
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 103 Early Hints\r\n\r\n',
      OK.slice(0, -1),
    ]) {
      for (const end of ends) {
        const net = new FakeNetwork();
        const wire = net.idle();
        const asked = net.send('http://host/2');
        wire.receive(part);
        wire[end]();
        expect(asked.failure.resend).toBe(false);
      }
    }
  });

  it('was not stale when it spoke something else than HTTP', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    const asked = net.send('http://host/2');
    wire.receive('garbage\r\n');
    expect(asked.short).toBe('headers/protocol');
  });
});

describe('a new connection that ends without an octet', () => {
  it.each(ends)('(%s) is a failure: that it was reused is what proves it stale', (end) => {
    const net = new FakeNetwork();
    const asked = net.send('http://host/');
    net.wire.connect();
    net.wire[end]();
    expect(asked.failure.resend).toBe(false);
    expect(asked.failure.phase).toBe('headers');
  });

  it('before it is open says where: connect, tls', () => {
    const net = new FakeNetwork();
    const plain = net.send('http://host/');
    net.wire.close(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    const secure = net.send('https://host/');
    net.wire.connect();
    net.wire.reset();
    const cut = net.send('https://host/');
    net.wire.connect();
    net.wire.finish();
    const shorts = [plain, secure, cut].map((asked: Asked) => asked.short);
    expect(shorts).toEqual(['connect/refused', 'tls/reset', 'tls/closed']);
    expect([plain, secure, cut].map((asked) => asked.failure.sent)).toEqual(['none', 'none', 'none']);
    expect(net.connector.held).toEqual([]);
  });
});
