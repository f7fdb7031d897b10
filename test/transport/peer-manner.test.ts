// Peers that end a connection after one response and do not say so: nothing that must not be sent twice is lost to them.

import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { flurry, type Outcome } from '../../src/index.ts';
import { PeerManner } from '../../src/transport/peer-manner.ts';
import { RawServer } from '../server/raw-server.ts';
import { FakeNetwork, OK } from './fixture.ts';

describe('the manner of a peer', () => {
  it('is told by what its connections come to', () => {
    const manner = new PeerManner();
    expect([manner.keepsOpen, manner.opensForOne()]).toEqual([false, false]);
    manner.onReused();
    expect(manner.keepsOpen).toBe(true);
    for (let i = 0; i < 4; i++) manner.onLost();
    expect([manner.keepsOpen, manner.opensForOne()]).toEqual([false, true]);
  });

  it('is looked at again now and then, and may change', () => {
    const manner = new PeerManner();
    for (let i = 0; i < 50; i++) manner.onLost();
    const forOne = Array.from({ length: 300 }, () => manner.opensForOne());
    expect(forOne.filter((one) => !one)).toHaveLength(3);
    for (let i = 0; i < 11; i++) manner.onReused();
    expect([manner.keepsOpen, manner.opensForOne()]).toEqual([true, false]);
  });

  it('is never both', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (reused) => {
        const manner = new PeerManner();
        for (const one of reused) one ? manner.onReused() : manner.onLost();
        expect(manner.keepsOpen && manner.opensForOne()).toBe(false);
      }),
    );
  });
});

describe('a POST', () => {
  const post = { url: 'http://host/', method: 'POST', body: 'x' };

  it('does not go out on a connection that was used a moment ago, until its peer has shown that it keeps them', () => {
    const network = new FakeNetwork();
    const first = network.idle();
    network.send(post);
    expect(network.connector.wires).toHaveLength(2);
    network.wire.connect();
    network.wire.receive(OK);
    // A GET may: it could be sent again.
    network.send('http://host/2');
    expect(network.connector.wires).toHaveLength(2);
    network.wire.receive(OK);
    network.send(post);
    expect(network.connector.wires).toHaveLength(2);
    expect(first.state).toBe('open');
  });

  it('takes one that has lain still', () => {
    const network = new FakeNetwork();
    network.idle();
    network.clock.advance(20);
    network.send(post);
    network.clock.poll();
    expect(network.connector.wires).toHaveLength(1);
    expect(network.wire.written).toContain('POST / ');
  });
});

describe.each([
  ['at once', true],
  ['a millisecond later', false],
])('a server that closes %s after each response and says nothing', (_, atOnce) => {
  it('loses no POST, and each is sent once', async () => {
    const server = await RawServer.open((peer) => {
      if (atOnce) peer.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
      // The answer is on its way when the end of the connection is: that takes a turn of the event loop or two.
      else peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', () => setImmediate(() => peer.end()));
    });
    onTestFinished(() => server.close());
    const posts = Array.from({ length: 200 }, (_, i) => ({
      url: server.url(`/${i}`),
      method: 'POST',
      body: 'x',
    }));
    const outcomes: Outcome[] = await flurry.all(posts, { concurrency: 4 });
    expect(outcomes.filter((one) => one.type === 'failure').map(String)).toEqual([]);
    expect(server.arrivals).toHaveLength(200);
  });

  it('costs GETs few second attempts', async () => {
    const server = await RawServer.open((peer) => peer.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    onTestFinished(() => server.close());
    const outcomes = await flurry.all(`${server.url()}[1-200]`, { concurrency: 4 });
    expect(outcomes.every((one) => one.type === 'response')).toBe(true);
    expect(outcomes.reduce((sum, one) => sum + one.attempts - 1, 0)).toBeLessThan(20);
  });
});
