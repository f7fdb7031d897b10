// What a pool tells the law that decides on the number of its connections: responses, at the time they came.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectionsLaw } from '../../../src/transport/http2/connections-law.ts';
import { AlpnNetwork } from '../alpn-network.ts';

const HTTP = 'http://host';
const IN_FLIGHT = 64;
const TURN_MS = 10;

afterEach(() => {
  vi.restoreAllMocks();
});

/** One turn of a server of which each connection answers so many: twice the connections, twice the goodput. */
function answerEach(net: AlpnNetwork, count: number): void {
  for (const wire of net.connector.wires) if (wire.state === 'connecting') net.h2(wire);
  let answered = 0;
  for (const peer of net.peers) {
    const waiting = peer.requests
      .slice(-2 * IN_FLIGHT)
      .filter(({ streamId }) => !peer.rules.streams.get(streamId)!.serverEnded);
    for (const { streamId } of waiting.slice(0, count)) {
      peer.respond(streamId, 200);
      answered++;
    }
  }
  for (let n = 0; n < answered; n++) net.send(HTTP);
  net.clock.advance(TURN_MS);
}

describe('a pool', () => {
  it('tells of responses, at the time they came, and of nothing else', () => {
    const told = vi.spyOn(ConnectionsLaw.prototype, 'onResponse');
    const net = new AlpnNetwork({ httpVersion: '2' });
    net.burst(3, HTTP);
    const peer = net.h2();
    expect(told).not.toHaveBeenCalled();
    net.clock.advance(50);
    net.answer(peer);
    expect(told.mock.calls.map(([nowMs]) => nowMs)).toEqual(Array(3).fill(net.clock.now()));
  });

  it('whose first trial opens a connection does not call it off by that, and so adopts more', () => {
    const net = new AlpnNetwork({ httpVersion: '2', keepAliveMs: 600_000 });
    net.burst(IN_FLIGHT, HTTP);
    net.h2();
    const beganMs = net.clock.now();
    while (net.connector.wires.length < 4 && net.clock.now() - beganMs < 4000) answerEach(net, 8);
    expect(net.connector.wires.length).toBe(4);
  });
});
