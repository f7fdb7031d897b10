import { describe, expect, it } from 'vitest';
import { ConnectionsLaw } from '../../src/transport/http2/connections-law.ts';
import { AlpnNetwork } from '../transport/alpn-network.ts';

describe('the first trial of a pool', () => {
  it('is not called off by the opening of the connection that it is about', () => {
    const states: string[] = [];
    const original = ConnectionsLaw.prototype.onResponse;
    ConnectionsLaw.prototype.onResponse = function (nowMs, inFlight, usable) {
      original.call(this, nowMs, inFlight, usable);
      const now = String(this);
      if (states.at(-1) !== now) states.push(now);
    };
    try {
      const net = new AlpnNetwork({ httpVersion: '2', keepAliveMs: 600_000 });
      net.burst(64, 'http://host');
      net.h2();
      for (let i = 0; i < 2500; i++) {
        for (const wire of net.connector.wires) if (wire.state === 'connecting') net.h2(wire);
        // Each answers at most 16 in a turn: twice the connections, twice the goodput.
        let answered = 0;
        for (const peer of net.peers) {
          let left = 16;
          for (const { streamId, path } of peer.requests.slice(-200)) {
            if (left === 0) break;
            if (peer.rules.streams.get(streamId)!.serverEnded) continue;
            left--;
            answered++;
            peer.respond(streamId, 200, path);
          }
        }
        for (let n = 0; n < answered; n++) net.send('http://host/x');
        net.clock.advance(2);
      }
    } finally {
      ConnectionsLaw.prototype.onResponse = original;
    }
    console.log(states.slice(0, 12));
    // Once the other number is being tried, a verdict for more comes, not a return to one.
    const at = states.findIndex((one) => one.includes('comparing 1 with 2'));
    expect(states[at + 1]).not.toBe('1 of at most 16 connections');
  }, 60_000);
});
