// A connection that has just opened has heard nothing yet: it is no response to learn from.

import { describe, expect, it } from 'vitest';
import { ConnectionsLaw } from '../../src/transport/http2/connections-law.ts';
import { AlpnNetwork } from '../transport/alpn-network.ts';

describe('what a pool tells the law', () => {
  it('is responses, at the time they came', () => {
    const seen: number[] = [];
    const original = ConnectionsLaw.prototype.onResponse;
    ConnectionsLaw.prototype.onResponse = function (nowMs, inFlight, usable) {
      seen.push(nowMs);
      return original.call(this, nowMs, inFlight, usable);
    };
    try {
      const net = new AlpnNetwork({ httpVersion: '2' });
      net.burst(3, 'http://host');
      const peer = net.h2();
      net.answer(peer);
    } finally {
      ConnectionsLaw.prototype.onResponse = original;
    }
    expect(seen.every(Number.isFinite)).toBe(true);
    expect(seen).toHaveLength(3);
  });
});
