// Connections of one origin and of many: what is opened and let go of, also in the moments between two steps.

import { describe, expect, it } from 'vitest';
import { systemError } from '../fake/wire.ts';
import { FakeNetwork, makeRequest, OK } from './fixture.ts';

const GONE = '0 origins, 0 idle connections';

describe('a request that waits for its poll', () => {
  it('is aborted with the rest where its connection has closed meanwhile', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    net.clock.advance(10);
    const asked = net.send('http://host/next');
    wire.finish();
    net.transport.abort();
    net.clock.poll();
    expect(asked.failure.kind).toBe('aborted');
    expect(net.connector.held).toEqual([]);
    expect(net.transport.toString()).toBe(GONE);
  });

  it('can still be aborted when it has gone on to another connection', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    net.clock.advance(10);
    const asked = net.send('http://host/next');
    wire.finish();
    net.clock.poll();
    expect(net.connector.held).toHaveLength(1);
    net.transport.abort();
    expect(asked.failure.kind).toBe('aborted');
    expect(net.connector.held).toEqual([]);
  });

  it('goes to another idle connection, which is polled too', () => {
    const net = new FakeNetwork();
    net.send('http://host/a');
    net.send('http://host/b');
    for (const wire of net.connector.wires) {
      wire.connect();
      wire.receive(OK);
    }
    const [first, second] = net.connector.wires;
    net.clock.advance(10);
    const asked = net.send('http://host/next');
    second!.finish();
    net.clock.poll();
    expect(first!.written).not.toContain('/next');
    net.clock.poll();
    expect(first!.written).toContain('/next');
    first!.receive(OK);
    expect(asked.short).toBe('200 hi');
    expect(net.connector.wires).toHaveLength(2);
  });

  it('is answered when the transport is closed meanwhile, and leaves nothing open', () => {
    const net = new FakeNetwork();
    net.idle();
    net.clock.advance(10);
    const asked = net.send('http://host/next');
    net.transport.close();
    expect(net.connector.held).toEqual([]);
    net.clock.poll();
    net.wire.connect();
    net.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
    expect(net.connector.held).toEqual([]);
    expect(net.transport.toString()).toBe(GONE);
  });

  it('keeps its place in the pool: what comes meanwhile for the same origin is not lost', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    net.clock.advance(10);
    const first = net.send('http://host/1');
    const second = net.send('http://host/2');
    wire.finish();
    net.connector.error = systemError('EMFILE');
    net.clock.poll();
    net.connector.error = undefined;
    expect(first.short).toBe('connect/resources');
    net.wire.connect();
    net.wire.receive(OK);
    expect(second.short).toBe('200 hi');
    net.transport.abort();
    expect(net.connector.held).toEqual([]);
    expect(net.transport.toString()).toBe(GONE);
  });
});

describe('a request that is sent while another one fails', () => {
  it('belongs to the pool that is found again, not to the one that goes', () => {
    const net = new FakeNetwork();
    const wire = net.idle();
    net.clock.advance(10);
    const first = makeRequest('http://host/1');
    const second = makeRequest('http://host/2');
    const outcomes: string[] = [];
    net.transport.send(first, (_, failure) => {
      outcomes.push(String(failure));
      net.connector.error = undefined;
      net.transport.send(second, (_second, outcome) => outcomes.push(String(outcome)));
    });
    wire.finish();
    net.connector.error = systemError('EMFILE');
    net.clock.poll();
    expect(outcomes).toHaveLength(1);
    expect(net.transport.toString()).toBe('1 origins, 0 idle connections');
    net.transport.abort();
    expect(outcomes[1]).toContain('aborted');
    expect(net.connector.held).toEqual([]);
  });
});

describe('a closed transport', () => {
  it('answers what is sent to an origin that it did not know, and keeps no connection', () => {
    const net = new FakeNetwork();
    net.transport.close();
    const asked = net.send('http://other/');
    net.wire.connect();
    net.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
    expect(net.connector.held).toEqual([]);
    expect(net.transport.toString()).toBe(GONE);
  });
});

describe('a transport', () => {
  it('opens one connection for each request under way', () => {
    const net = new FakeNetwork();
    for (let i = 0; i < 5; i++) net.send(`http://host/${i}`);
    net.send('http://other/');
    expect(net.connector.wires.map(({ origin }) => origin.host)).toEqual([...Array(5).fill('host'), 'other']);
  });

  it('takes the connection whose response is being handed out, before any other', () => {
    const net = new FakeNetwork();
    const a = net.idle('http://host/a');
    const first = makeRequest('http://host/first');
    const then = makeRequest('http://host/then');
    net.transport.send(first, () => net.transport.send(then, () => {}));
    a.receive(OK);
    expect(net.connector.wires).toHaveLength(1);
    expect(a.written).toContain('/then');
  });

  it('says what is not sent at all: connect throws', () => {
    const net = new FakeNetwork();
    net.connector.error = systemError('EMFILE', 'connect EMFILE');
    const asked = net.send('http://host/');
    expect(asked.short).toBe('connect/resources');
    expect(asked.failure.sent).toBe('none');
    expect(net.transport.toString()).toBe(GONE);
  });

  it('forgets an origin with its last connection: ten thousand leave nothing behind', () => {
    const net = new FakeNetwork({ idleConnections: 10 });
    for (let i = 0; i < 10_000; i++) {
      net.send(`http://host${i}/`);
      net.wire.connect();
      net.wire.receive(OK);
    }
    expect(net.transport.toString()).toBe('10 origins, 10 idle connections');
    net.clock.advance(5000);
    expect(net.transport.toString()).toBe(GONE);
    expect(net.clock.pending).toBe(0);
  });

  it('refuses without keeping anything once it is aborted', () => {
    const net = new FakeNetwork();
    net.transport.abort();
    for (let i = 0; i < 100; i++) expect(net.send(`http://host${i}/`).short).toBe('queue/aborted');
    expect(net.transport.toString()).toBe(GONE);
    expect(net.connector.wires).toEqual([]);
  });

  it('treats origins that are equal as one, whoever made them', () => {
    const net = new FakeNetwork();
    const wire = net.idle('http://HOST:80/');
    net.send('http://host/2');
    expect(wire.written).toContain('/2');
    expect(net.connector.wires).toHaveLength(1);
  });

  it('keeps http and https, and ports, apart', () => {
    const net = new FakeNetwork();
    net.idle('http://host/');
    net.send('https://host/');
    net.send('http://host:8080/');
    expect(net.connector.wires.map(({ origin }) => origin.key)).toEqual([
      'http://host',
      'https://host',
      'http://host:8080',
    ]);
  });
});

describe('an idle connection over TLS', () => {
  it('is polled even at once: one read may be handed out in several pieces', () => {
    const net = new FakeNetwork();
    const wire = net.idle('https://host/first');
    const next = net.send('https://host/next');
    expect(wire.written).toBe('');
    wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    net.clock.poll();
    net.wire.connect();
    net.wire.secure();
    net.wire.receive(OK);
    expect(next.short).toBe('200 hi');
    expect(net.connector.wires).toHaveLength(2);
  });
});

describe('what was used so far', () => {
  it('counts connections once they are open, and what was told of it before stays as it was', () => {
    const net = new FakeNetwork();
    net.send('http://host/');
    const before = net.transport.usage;
    net.wire.connect();
    net.wire.receive(OK);
    net.send('http://host/next');
    net.wire.receive(OK);
    net.idle('http://other/');
    const none = { http1Connections: 0, http2Connections: 0, streamsMax: 0 };
    expect([before, net.transport.usage]).toEqual([none, { ...none, http1Connections: 2 }]);
  });
});
