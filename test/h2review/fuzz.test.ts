// Scripted chaos: requests, producers, takers and those who hear of outcomes act at any moment, peers and wires too. Each
// request has one outcome, and nothing is left behind.

import { describe, expect, it } from 'vitest';
import { Code, Id } from '../fake/frame-octets.ts';
import { FramePeer } from '../fake/frame-peer.ts';
import { FakeNetwork, makeRequest, Asked } from '../transport/fixture.ts';
import { systemError } from '../fake/wire.ts';
import type { BodyStream } from '../../src/model/body-stream.ts';

function rng(seed: number) {
  let a = seed >>> 0;
  return () => { a = (a + 0x6d2b79f5) | 0; let t = Math.imul(a ^ (a >>> 15), 1 | a); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
}

function play(seed: number) {
  const r = rng(seed);
  const end = (['abort', 'sleep', 'close'] as const)[seed % 3]!;
  const coalesce = seed % 4 === 0;
  const n = (max: number) => Math.floor(r() * max);
  const secure = coalesce || r() < 0.5;
  const net = new FakeNetwork({ h2Coalesce: coalesce, httpVersion: secure && r() < 0.7 ? 'auto' : '2', h2Connections: [undefined, 1, 2, 3][n(4)] as never, keepAliveMs: 5000, firstByteTimeoutMs: 3000, idleTimeoutMs: 3000, timeoutMs: 8000, idleConnections: n(3), expectTimeoutMs: 500 } as never);
  const peers: FramePeer[] = [];
  net.connector.onWire = (w) => { (w as unknown as { covers: unknown }).covers = () => (w.id % 3) > 0; (w as { remoteAddress: string }).remoteAddress = '192.0.2.1:443'; };
  const base = secure ? 'https' : 'http';
  const hosts = ['a', 'b'];
  let budget = 60;
  let aborted = false;
  const all: Asked[] = [];
  const react = (asked: Asked) => {
    const x = r();
    if (x < 0.2) send();
    else if (x < 0.3 && all.length > 0) all[n(all.length)]!.request.cancel();
    else if (x < 0.31) { net.transport.abort(); aborted = true; }
    else if (x < 0.45 && asked.outcomes[0]!.type === 'failure' && asked.outcomes[0]!.resend) resend(asked);
  };
  const give = (asked: Asked) => net.transport.send(asked.request, (_, o) => { asked.outcomes.push(o); if (asked.outcomes.length > 1) throw new Error('two outcomes'); react(asked); });
  const resend = (asked: Asked) => { if (asked.request.cancelled) return; const next = new Asked(asked.request); asked.request.fresh = true; all.push(next); give(next); };
  function stream(): BodyStream {
    let left = n(5);
    return { length: undefined, replayable: r() < 0.5, contentType: undefined, open: () => { if (r() < 0.2) throw new Error('x'); return ({ read: (done: (e: Error | undefined, b: Uint8Array | undefined) => void) => { if (r() < 0.1) all[n(all.length)]?.request.cancel(); if (r() < 0.1) return done(new Error('bad'), undefined); if (left-- <= 0) return done(undefined, undefined); done(undefined, new Uint8Array(1 + n(50_000))); }, close: () => { const x = r(); if (x < 0.1) send(); else if (x < 0.2) all[n(all.length)]?.request.cancel(); } }); } } as unknown as BodyStream;
  }
  function send() {
    if (budget-- <= 0) return;
    const kind = r();
    const url = `${base}://${hosts[n(2)]}/${all.length}`;
    const headers: Record<string, string> = r() < 0.2 ? { Expect: '100-continue' } : {};
    const request = makeRequest(kind < 0.6 ? url : { url, method: 'POST', ...(kind < 0.8 ? { body: 'x'.repeat(1 + n(100_000)) } : {}), headers });
    if (kind >= 0.8) request.stream = stream();
    if (end === 'abort' && r() < 0.2) request.taker = { onHead: (_q: unknown, _h: unknown, c: { cancel(): void }) => { if (r() < 0.1) c.cancel(); if (r() < 0.5) return false; (request as unknown as { c: unknown }).c = c; return true; }, onContent: () => { if (r() < 0.1) throw new Error('taker'); return r() < 0.7; } } as never;
    const asked = new Asked(request);
    all.push(asked);
    give(asked);
  }
  const closed = new Set<unknown>();
  for (let step = 0; step < 150; step++) {
    const x = n(16);
    const wires = net.connector.wires;
    const wire = wires[n(wires.length || 1)];
    const peer = peers[n(peers.length || 1)];
    if (x < 3) send();
    else if (x === 3) net.clock.advance(0);
    else if (x === 4) net.clock.advance(n(1500));
    else if (x <= 6 && wire?.state === 'connecting') {
      if (r() < 0.2) { closed.add(wire); wire.close(systemError('ECONNREFUSED')); continue; }
      const p = new FramePeer(wire);
      wire.connect();
      if (wire.origin.scheme === 'https') { const proto = r() < 0.9 ? 'h2' : 'http/1.1'; wire.secure(proto as never); if (proto !== 'h2') continue; }
      peers.push(p);
      if (r() < 0.7) p.settings(r() < 0.5 ? [[Id.MAX_CONCURRENT_STREAMS, n(6)]] : []);
    } else if (x === 7 && all.length > 0) all[n(all.length)]!.request.cancel();
    else if (peer !== undefined && peer.wire.state === 'open' && !closed.has(peer.wire)) {
      const q = peer.requests[n(peer.requests.length || 1)];
      const together = r() < 0.3;
      const act = () => {
        if (x === 8 && q !== undefined) peer.respond(q.streamId, [200, 417, 421, 204][n(4)] === 204 ? 204 : [200, 417, 421][n(3)]!, r() < 0.5 ? '' : 'body');
        else if (x === 9 && q !== undefined) peer.headers(q.streamId, [[':status', r() < 0.3 ? '100' : '200']]);
        else if (x === 10 && q !== undefined) peer.data(q.streamId, 'x'.repeat(n(3000)), { endStream: r() < 0.5 });
        else if (x === 11 && q !== undefined) peer.rst(q.streamId, [Code.REFUSED_STREAM, Code.CANCEL, Code.HTTP_1_1_REQUIRED][n(3)]!);
        else if (x === 12) peer.goaway(q === undefined ? 0 : q.streamId, r() < 0.7 ? 0 : 11);
        else if (x === 13) { peer.windowUpdate(0, 100_000); if (q !== undefined) peer.windowUpdate(q.streamId, 100_000); }
        else if (x === 14) peer.settings([[Id.MAX_CONCURRENT_STREAMS, n(5)], [Id.INITIAL_WINDOW_SIZE, n(100_000)]]);
      };
      if (x === 15) { if (r() < 0.5) peer.wire.finish(); else { closed.add(peer.wire); peer.wire.reset(); } }
      else if (together) { act(); act(); } else act();
    }
    if (r() < 0.1) for (const one of all) { const c = (one.request as unknown as { c?: { resume(): void } }).c; c?.resume(); }
  }
  void aborted;
  budget = 0;
  if (end === 'abort') net.transport.abort();
  if (end === 'close') net.transport.close();
  net.clock.advance(0);
  if (end !== 'abort') net.clock.advance(3_600_000);
  for (const one of all) if (one.outcomes.length !== 1) throw new Error(`${one.outcomes.length === 0 ? 'ZERO' : 'MORE'} outcomes holder=${one.request.holder?.constructor.name} ${one.request.holder} cancelled=${one.request.cancelled} done=${one.request.done !== undefined} unproc=${one.request.unprocessed} aborted=${aborted} outs=${one.outcomes.join('|')} transport=${net.transport} for ${one.request}`);
  if (net.connector.held.filter((w) => !closed.has(w)).length > 0) throw new Error(`held ${net.connector.held}`);
  if (!String(net.transport).startsWith('0 origins')) throw new Error(String(net.transport));
}

describe('fuzz', () => {
  it('one outcome each', () => {
    const bad = new Map<string, number[]>();
    for (let seed = 1; seed <= 900; seed++) {
      try { play(seed); } catch (e) {
        const key = `${(e as Error).message.replace(/\d+/g, 'N').slice(0, 330)}`;
        const list = bad.get(key) ?? []; list.push(seed); bad.set(key, list);
      }
    }
    for (const [k, v] of [...bad].sort((a, b) => b[1].length - a[1].length).slice(0, 12)) console.log(v.length, v.slice(0, 3), k);
    expect([...bad]).toEqual([]);
  }, 120_000);
});
