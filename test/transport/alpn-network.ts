// Secure origins on fake wires in virtual time whose protocol a test chooses, connection by connection: HTTP/2, with a
// scripted peer, or HTTP/1.1. After each test, every peer is asked what the client did against the rules.

import { afterEach, expect } from 'vitest';
import type { Settings } from '../fake/client-rules.ts';
import { FramePeer } from '../fake/frame-peer.ts';
import type { FakeWire } from '../fake/wire.ts';
import { type Asked, FakeNetwork, OK, type settingsOf } from './fixture.ts';

export const GONE = '0 origins, 0 idle connections';
const networks: AlpnNetwork[] = [];

afterEach(() => {
  const faults = networks.flatMap(({ peers }) => peers.flatMap((peer) => peer.faults));
  networks.length = 0;
  expect(faults).toEqual([]);
});

export class AlpnNetwork extends FakeNetwork {
  /** One for each connection that speaks HTTP/2, in their order. */
  readonly peers: FramePeer[] = [];

  constructor(changes: Partial<ReturnType<typeof settingsOf>> = {}) {
    super(changes);
    networks.push(this);
  }

  /** So many requests in one turn, to https://host unless told otherwise. */
  burst(count: number, base = 'https://host'): Asked[] {
    const asked = Array.from({ length: count }, (_, i) => this.send(`${base}/${i}`));
    this.clock.advance(0);
    return asked;
  }

  /** It is open, and speaks HTTP/2. */
  h2(wire = this.wire, settings: Settings = []): FramePeer {
    const peer = new FramePeer(wire);
    this.peers.push(peer);
    wire.connect();
    if (wire.origin.scheme === 'https') wire.secure('h2');
    this.clock.advance(0);
    peer.settings(settings);
    this.clock.advance(0);
    return peer;
  }

  /** It is open, speaks HTTP/1.1, and answers what it was sent: with `chosen` by ALPN, or without a choice. */
  h1(wire: FakeWire, chosen: 'http/1.1' | undefined = 'http/1.1'): void {
    wire.connect();
    wire.secure(chosen);
    wire.receive(OK);
  }

  /** Answers every request that has no answer yet, each with its path. */
  answer(peer: FramePeer): void {
    for (const { streamId, path } of peer.requests) {
      if (peer.rules.streams.get(streamId)!.serverEnded) continue;
      if (peer.request(streamId).reset === undefined) peer.respond(streamId, 200, path);
    }
    this.clock.advance(0);
  }

  /** Unused connections have closed, and with them all that knew of the origin but what it speaks. */
  sleep(): void {
    this.clock.advance(3_600_000);
    expect([String(this.transport), this.connector.held.length]).toEqual([GONE, 0]);
  }

  get offered(): (readonly string[] | undefined)[] {
    return this.connector.wires.map(({ protocols }) => protocols);
  }
}

/** What each came to; `…` as long as it came to nothing. */
export function shorts(asked: readonly Asked[]): string[] {
  return asked.map((one) => (one.done ? one.short : '…'));
}
