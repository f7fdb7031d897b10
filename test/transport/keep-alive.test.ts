// Which connection goes on after a response and which does not (RFC 9112 section 9.3), and what may never be taken
// for a response.

import { describe, expect, it } from 'vitest';
import { FakeNetwork, OK } from './fixture.ts';

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n';

describe('a connection after its response', () => {
  it.each([
    ['HTTP/1.1 with Content-Length', OK],
    ['HTTP/1.1 chunked', chunked],
    ['HTTP/1.1 without content', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['304 with a Content-Length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n'],
    ['HTTP/1.0 with keep-alive', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi'],
    ['an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['other options in Connection', 'HTTP/1.1 200 OK\r\nConnection: x, closed\r\nContent-Length: 0\r\n\r\n'],
  ])('is used again: %s', (_, response) => {
    const net = new FakeNetwork();
    const wire = net.idle('http://host/1', response);
    const second = net.send('http://host/2');
    expect(wire.written).toContain('GET /2 ');
    wire.receive(OK);
    expect(second.short).toBe('200 hi');
    expect(net.connector.wires).toHaveLength(1);
  });

  it.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi'],
    ['close in a list', 'HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 2\r\n\r\nhi'],
    [
      'close on a second line',
      'HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi',
    ],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
    [
      'close beside keep-alive',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'Transfer-Encoding beside Content-Length',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
    [
      'Transfer-Encoding in HTTP/1.0',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
  ])('is closed: %s', (_, response) => {
    const net = new FakeNetwork();
    const first = net.send('http://host/1');
    net.wire.connect();
    net.wire.receive(response);
    expect(first.short).toBe('200 hi');
    expect(net.wire.state).toBe('ended');
    net.send('http://host/2');
    expect(net.connector.wires).toHaveLength(2);
  });

  it('is closed where the request said close, and the request says so on the wire', () => {
    const net = new FakeNetwork();
    const first = net.send({ url: 'http://host/', headers: { Connection: 'close' } });
    net.wire.connect();
    expect(net.wire.written).toContain('Connection: close\r\n');
    net.wire.receive(OK);
    expect(first.short).toBe('200 hi');
    expect(net.wire.state).toBe('ended');
  });

  it('takes a response that ends with the connection, and nothing after it', () => {
    const net = new FakeNetwork();
    const first = net.send('http://host/');
    net.wire.connect();
    net.wire.receive('HTTP/1.1 200 OK\r\n\r\nhel');
    net.wire.receive('lo');
    expect(first.done).toBe(false);
    net.wire.finish();
    expect(first.short).toBe('200 hello');
    expect(net.connector.held).toEqual([]);
  });

  it('takes HEAD and 204 and 304 as whole at their head, whatever their fields say', () => {
    const net = new FakeNetwork();
    const head = net.send({ url: 'http://host/', method: 'HEAD' });
    net.wire.connect();
    net.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    expect(head.short).toBe('200 ');
    const next = net.send('http://host/');
    net.wire.receive('HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n');
    expect(next.short).toBe('204 ');
    expect(net.connector.wires).toHaveLength(1);
  });
});

describe('an idle connection', () => {
  it('closes after keepAliveMs, not before', () => {
    const net = new FakeNetwork({ keepAliveMs: 4000 });
    const wire = net.idle();
    net.clock.advance(3999);
    expect(wire.state).toBe('open');
    net.clock.advance(21);
    expect(wire.state).toBe('ended');
    expect(net.transport.toString()).toBe('0 origins, 0 idle connections');
  });

  it('closes a second before what the server says in Keep-Alive', () => {
    const net = new FakeNetwork({ keepAliveMs: 60_000 });
    const keepAlive = 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\nContent-Length: 0\r\n\r\n';
    const wire = net.idle('http://host/', keepAlive);
    net.clock.advance(3999);
    expect(wire.state).toBe('open');
    net.clock.advance(21);
    expect(wire.state).toBe('ended');
  });

  it('keeps to its own shorter time where the server says a longer one', () => {
    const net = new FakeNetwork({ keepAliveMs: 1000 });
    const wire = net.idle(
      'http://host/',
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: 0\r\n\r\n',
    );
    net.clock.advance(1020);
    expect(wire.state).toBe('ended');
  });

  it('counts its time from its last use', () => {
    const net = new FakeNetwork({ keepAliveMs: 1000 });
    const wire = net.idle();
    net.clock.advance(900);
    const again = net.send('http://host/again');
    net.clock.advance(500);
    wire.receive(OK);
    expect(again.short).toBe('200 hi');
    net.clock.advance(999);
    expect(wire.state).toBe('open');
    net.clock.advance(21);
    expect(wire.state).toBe('ended');
  });

  it('closes when its peer ends or breaks it, and nobody hears of it', () => {
    for (const end of ['finish', 'reset', 'close'] as const) {
      const net = new FakeNetwork();
      const wire = net.idle();
      wire[end]();
      expect(wire.state).not.toBe('open');
      const next = net.send('http://host/next');
      expect(net.connector.wires).toHaveLength(2);
      expect(next.done).toBe(false);
    }
  });

  it('is the oldest to go when there are more than idleConnections', () => {
    const net = new FakeNetwork({ idleConnections: 2 });
    const wires = ['http://a/', 'http://b/', 'http://c/'].map((url) => net.idle(url));
    expect(wires.map((wire) => wire.state)).toEqual(['ended', 'open', 'open']);
    expect(net.transport.toString()).toBe('2 origins, 2 idle connections');
  });

  it('does not stay at all where idleConnections is 0, but serves what follows at once', () => {
    const net = new FakeNetwork({ idleConnections: 0 });
    const wire = net.idle();
    expect(wire.state).toBe('ended');
  });

  it('is chosen by its last use: the one used last goes first', () => {
    const net = new FakeNetwork();
    net.send('http://host/a');
    net.send('http://host/b');
    const [a, b] = net.connector.wires as [typeof net.wire, typeof net.wire];
    for (const wire of [a, b]) wire.connect();
    b.receive(OK);
    a.receive(OK);
    net.send('http://host/c');
    net.send('http://host/d');
    expect(a.written).toContain('/c ');
    expect(b.written).toContain('/d ');
  });
});

describe('octets that answer nothing', () => {
  const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

  it('close an idle connection and are never read', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    wire.receive(poison);
    expect(wire.state).toBe('ended');
    const next = net.send('http://host/next');
    net.wire.connect();
    net.wire.receive(OK);
    expect(next.short).toBe('200 hi');
  });

  it('close the connection when they come behind a response in the same read', () => {
    const net = new FakeNetwork();
    const first = net.send('http://host/1');
    net.wire.connect();
    net.wire.receive(OK + poison);
    expect(first.short).toBe('200 hi');
    expect(net.wire.state).toBe('ended');
    net.send('http://host/2');
    expect(net.connector.wires).toHaveLength(2);
  });

  it('also where the next request is sent while the response is handed out', () => {
    const net = new FakeNetwork();
    const requests: ReturnType<FakeNetwork['send']>[] = [];
    const first = net.send('http://host/1');
    first.outcomes.push = (outcome) => {
      requests.push(net.send('http://host/2'));
      return Array.prototype.push.call(first.outcomes, outcome);
    };
    const wire = net.wire;
    wire.connect();
    wire.receive(OK + poison);
    expect(first.short).toBe('200 hi');
    expect(wire.state).toBe('ended');
    expect(net.connector.wires).toHaveLength(2);
    net.wire.connect();
    net.wire.receive(OK);
    expect(requests[0]!.short).toBe('200 hi');
  });

  it('are found by one poll before a connection that lay idle is written to', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    net.clock.advance(10);
    const next = net.send('http://host/next');
    expect(wire.written).toBe('');
    // The event loop reads what had arrived before the request was sent.
    wire.receive(poison);
    expect(wire.state).toBe('ended');
    net.clock.poll();
    expect(wire.written).toBe('');
    expect(net.connector.wires).toHaveLength(2);
    net.wire.connect();
    net.wire.receive(OK);
    expect(next.short).toBe('200 hi');
  });

  it('and a close is found by the same poll', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    net.clock.advance(10);
    const next = net.send({ url: 'http://host/next', method: 'POST', body: 'x' });
    wire.finish();
    net.clock.poll();
    net.wire.connect();
    net.wire.receive(OK);
    expect(next.short).toBe('200 hi');
    expect(next.request.attempt).toBe(1);
  });

  it('cost nothing where nothing came: the request goes out on the same connection after the poll', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    net.clock.advance(10);
    const next = net.send('http://host/next');
    net.clock.poll();
    expect(wire.written).toContain('GET /next ');
    wire.receive(OK);
    expect(next.short).toBe('200 hi');
    expect(net.connector.wires).toHaveLength(1);
  });

  it('may still be unread where a read has filled the buffer: such a connection is polled even at once', () => {
    const net = new FakeNetwork();
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: ';
    const length = 65_536 - head.length - '65000\r\n\r\n'.length;
    const whole = `${head}${length}\r\n\r\n${'b'.repeat(length)}`;
    expect(whole).toHaveLength(65_536);
    const first = net.send('http://host/1');
    const { wire } = net;
    wire.connect();
    wire.written = '';
    wire.receive(whole);
    expect(first.response.body).toHaveLength(length);
    const second = net.send('http://host/2');
    expect(wire.written).toBe('');
    wire.receive(poison);
    net.clock.poll();
    expect(wire.state).toBe('ended');
    net.wire.connect();
    net.wire.receive(OK);
    expect(second.short).toBe('200 hi');
  });

  it('are no response either on a connection that was never used', () => {
    const net = new FakeNetwork();
    const first = net.send('http://host/1');
    net.wire.connect();
    net.wire.receive('SSH-2.0-OpenSSH_9.2\r\n');
    expect(first.short).toBe('headers/protocol');
    expect(first.failure.message).toContain('SSH-2.0');
  });
});
