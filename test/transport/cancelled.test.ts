// Requests that are cancelled while the transport has them: at once, with one outcome, and at nobody else's cost.

import { describe, expect, it } from 'vitest';
import { FakeNetwork, OK } from './fixture.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

describe('a request that is cancelled', () => {
  it('in the poll before it goes out gives its connection back: that lay lost, and kept the process alive', () => {
    const network = new FakeNetwork({ keepAliveMs: 60_000 });
    const wire = network.idle();
    network.clock.advance(100);
    const asked = network.send('http://host/');
    expect(asked.done).toBe(false);
    asked.request.cancel();
    expect([asked.short, asked.failure.sent]).toEqual(['queue/aborted', 'none']);
    network.clock.poll();
    expect(asked.outcomes).toHaveLength(1);
    network.transport.rest();
    expect([wire.written, wire.state, wire.keepsAlive]).toEqual(['', 'open', false]);
    const next = network.send('http://host/');
    network.clock.poll();
    expect(wire.keepsAlive).toBe(true);
    wire.receive(OK);
    expect([next.short, network.connector.wires.length]).toEqual(['200 hi', 1]);
  });

  it('in that poll, on a connection that is gone when it is over, is not sent elsewhere', () => {
    const network = new FakeNetwork();
    const wire = network.idle();
    network.clock.advance(100);
    const asked = network.send('http://host/');
    asked.request.cancel();
    wire.finish();
    network.clock.poll();
    expect([asked.short, network.connector.wires.length]).toEqual(['queue/aborted', 1]);
    expect(String(network.transport)).toBe('0 origins, 0 idle connections');
  });

  it('before it comes here leaves no origin behind', () => {
    const network = new FakeNetwork();
    const { request, outcomes } = network.send('http://host/', (request) => request.cancel());
    expect([request.sent, outcomes.length]).toEqual(['none', 1]);
    expect(String(network.transport)).toBe('0 origins, 0 idle connections');
  });

  it('while it waits for room on a pipelined connection does not wait for who is in front', () => {
    const network = new FakeNetwork({ pipeline: 2, perOriginMax: 2 });
    const wire = network.idle();
    network.clock.advance(100);
    const [slow, behind, waiting, last] = ['/a', '/b', '/c', '/d'].map((path) =>
      network.send(`http://host${path}`),
    );
    network.clock.poll();
    expect(wire.written.match(/GET \S+/g)).toEqual(['GET /a', 'GET /b']);
    waiting!.request.cancel();
    expect(waiting!.short).toBe('queue/aborted');
    wire.receive(`${OK}${OK}`);
    expect([slow!.short, behind!.short, last!.done]).toEqual(['200 hi', '200 hi', false]);
    wire.receive(OK);
    expect([last!.short, waiting!.outcomes.length]).toEqual(['200 hi', 1]);
    expect(wire.written).not.toContain('/c');
  });

  it('and waits there is not refused once more when everything is aborted', () => {
    const network = new FakeNetwork({ pipeline: 2, perOriginMax: 2 });
    network.idle();
    const asked = ['/a', '/b', '/c', '/d'].map((path) => network.send(`http://host${path}`));
    network.clock.poll();
    asked[3]!.request.cancel();
    network.transport.abort();
    expect(asked.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 1, 1]);
  });

  it('half way through a response of a pipeline has those behind it sent again, once each', () => {
    const network = new FakeNetwork({ pipeline: 3, perOriginMax: 3 });
    const wire = network.idle();
    const [first, second, third] = ['/a', '/b', '/c'].map((path) => network.send(`http://host${path}`));
    network.clock.poll();
    wire.receive(`${HEAD}h`);
    first!.request.cancel();
    expect(first!.short).toBe('body/aborted');
    expect([second!.failure.resend, third!.failure.resend]).toEqual([true, true]);
    expect(wire.state).toBe('destroyed');
  });
});
