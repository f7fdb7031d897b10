// One seed of requests over HTTP/2 in virtual time, where everybody acts at any moment: peers, wires, producers, takers
// and those who hear of outcomes, who send, cancel and abort in the middle of whatever the transport is doing.
// The peers break rules as well, so what is asked afterwards is outcomes and connections alone.

import type { BodyReader, BodyStream } from '../../../src/model/body-stream.ts';
import type { ContentControl, ContentTaker } from '../../../src/model/contracts.ts';
import type { RequestInput } from '../../../src/model/request.ts';
import { Code, Id } from '../../fake/frame-octets.ts';
import { FramePeer } from '../../fake/frame-peer.ts';
import { type FakeWire, systemError } from '../../fake/wire.ts';
import { Asked, FakeNetwork, makeRequest } from '../fixture.ts';

const STEPS = 150;
const REQUESTS_MAX = 60;
const ENDS = ['abort', 'sleep', 'close'] as const;

/** mulberry32, from 0 up to 1. */
function seeded(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class ReentrancySimulation {
  /** All that was wrong. */
  readonly wrongs: string[] = [];
  /** What has happened, to see that the seeds show something. */
  readonly seen = new Set<string>();
  readonly #random: () => number;
  readonly #end: (typeof ENDS)[number];
  readonly #scheme: 'http' | 'https';
  /** Of RST_STREAM. Without TLS there would be no telling which protocol a connection speaks from then on. */
  readonly #codes: readonly number[];
  readonly #net: FakeNetwork;
  readonly #peers: FramePeer[] = [];
  readonly #asked: Asked[] = [];
  readonly #controls: ContentControl[] = [];
  /** Wires that their peers have closed. */
  readonly #closed = new Set<FakeWire>();
  #left = REQUESTS_MAX;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.#end = ENDS[seed % ENDS.length]!;
    const h2Coalesce = seed % 4 === 0;
    this.#scheme = h2Coalesce || this.#chance(0.5) ? 'https' : 'http';
    const codes = [Code.REFUSED_STREAM, Code.CANCEL];
    this.#codes = this.#scheme === 'https' ? [...codes, Code.HTTP_1_1_REQUIRED] : codes;
    this.#net = new FakeNetwork({
      h2Coalesce,
      httpVersion: this.#scheme === 'https' && this.#chance(0.7) ? 'auto' : '2',
      h2Connections: this.#one([undefined, 1, 2, 3]),
      keepAliveMs: 5000,
      firstByteTimeoutMs: 3000,
      idleTimeoutMs: 3000,
      timeoutMs: 8000,
      idleConnections: this.#below(3),
      expectTimeoutMs: 500,
    });
    this.#net.connector.onWire = (wire) =>
      Object.assign(wire, { covers: () => wire.id % 3 > 0, remoteAddress: '192.0.2.1:443' });
  }

  play(): void {
    for (let step = 0; step < STEPS; step++) {
      this.#step(this.#below(16));
      if (this.#chance(0.1)) for (const control of this.#controls) control.resume();
    }
    this.#left = 0;
    const { transport, clock } = this.#net;
    if (this.#end === 'abort') transport.abort();
    if (this.#end === 'close') transport.close();
    clock.advance(0);
    if (this.#end !== 'abort') clock.advance(3_600_000);
    this.#check();
  }

  #check(): void {
    const { transport, connector } = this.#net;
    for (const { request, outcomes } of this.#asked) {
      if (outcomes.length !== 1) this.wrongs.push(`${outcomes.length} outcomes: ${request}, ${outcomes}`);
      for (const one of outcomes)
        this.seen.add(one.type === 'response' ? String(one.status) : `${one.phase}/${one.kind}`);
    }
    const held = connector.held.filter((wire) => !this.#closed.has(wire));
    if (held.length > 0) this.wrongs.push(`${held.length} connections are held`);
    if (!String(transport).startsWith('0 origins')) this.wrongs.push(String(transport));
  }

  // ── chance ──────────────────────────────────────────────────────────────────────────────────────────────

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }

  // ── callers ─────────────────────────────────────────────────────────────────────────────────────────────

  #send(): void {
    if (this.#left-- <= 0) return;
    const kind = this.#random();
    const url = `${this.#scheme}://${this.#one(['a', 'b'])}/${this.#asked.length}`;
    const headers: Record<string, string> = this.#chance(0.2) ? { Expect: '100-continue' } : {};
    const body = kind < 0.8 ? { body: 'x'.repeat(1 + this.#below(100_000)) } : {};
    const input: RequestInput = kind < 0.6 ? url : { url, method: 'POST', ...body, headers };
    const request = makeRequest(input);
    if (kind >= 0.8) request.stream = this.#stream();
    // What its taker holds back it holds for ever, so that these end by being aborted.
    if (this.#end === 'abort' && this.#chance(0.2)) request.taker = this.#taker();
    this.#give(new Asked(request));
  }

  #give(asked: Asked): void {
    this.#asked.push(asked);
    this.#net.transport.send(asked.request, (_, outcome) => {
      asked.outcomes.push(outcome);
      this.#hear(asked);
    });
  }

  #hear({ request, outcomes }: Asked): void {
    const x = this.#random();
    const outcome = outcomes[0]!;
    if (x < 0.2) this.#send();
    else if (x < 0.3) this.#cancel();
    else if (x < 0.31) this.#net.transport.abort();
    else if (outcome.type === 'failure' && outcome.resend && !request.cancelled) {
      request.fresh = true;
      this.#give(new Asked(request));
      this.seen.add('resent');
    }
  }

  #cancel(): void {
    if (this.#asked.length > 0) this.#one(this.#asked).request.cancel();
  }

  #stream(): BodyStream {
    let left = this.#below(5);
    const read: BodyReader['read'] = (done) => {
      if (this.#chance(0.1)) this.#cancel();
      if (this.#chance(0.1)) return done(new Error('broken'), undefined);
      if (left-- <= 0) return done(undefined, undefined);
      done(undefined, new Uint8Array(1 + this.#below(50_000)));
    };
    const close = () => {
      const x = this.#random();
      if (x < 0.1) this.#send();
      else if (x < 0.2) this.#cancel();
    };
    const open = () => {
      if (this.#chance(0.2)) throw new Error('it cannot be read');
      return { read, close };
    };
    return { length: undefined, replayable: this.#chance(0.5), contentType: undefined, open };
  }

  #taker(): ContentTaker {
    return {
      onHead: (_, __, control) => {
        if (this.#chance(0.1)) control.cancel();
        if (this.#chance(0.5)) return false;
        this.#controls.push(control);
        return true;
      },
      onContent: () => {
        if (this.#chance(0.1)) throw new Error('the taker is broken');
        return this.#chance(0.7);
      },
    };
  }

  // ── the network ─────────────────────────────────────────────────────────────────────────────────────────

  #step(x: number): void {
    const { clock, connector } = this.#net;
    const { wires } = connector;
    const wire = wires[this.#below(wires.length)];
    const peer = this.#peers[this.#below(this.#peers.length)];
    if (x < 3) this.#send();
    else if (x === 3) clock.advance(0);
    else if (x === 4) clock.advance(this.#below(1500));
    else if (x <= 6 && wire?.state === 'connecting') this.#connect(wire);
    else if (x === 7) this.#cancel();
    else if (peer !== undefined && peer.wire.state === 'open' && !this.#closed.has(peer.wire)) {
      if (x === 15) return this.#close(peer);
      this.#act(peer, x);
      // Twice in one turn.
      if (this.#chance(0.3)) this.#act(peer, x);
    }
  }

  #connect(wire: FakeWire): void {
    if (this.#chance(0.2)) {
      this.#closed.add(wire);
      return wire.close(systemError('ECONNREFUSED'));
    }
    const peer = new FramePeer(wire);
    wire.connect();
    if (wire.origin.scheme === 'https') {
      const isHttp2 = wire.protocols?.includes('h2') === true && this.#chance(0.9);
      wire.secure(isHttp2 ? 'h2' : 'http/1.1');
      if (!isHttp2) return;
    }
    this.#peers.push(peer);
    if (this.#chance(0.7))
      peer.settings(this.#chance(0.5) ? [[Id.MAX_CONCURRENT_STREAMS, this.#below(6)]] : []);
  }

  #close({ wire }: FramePeer): void {
    if (this.#chance(0.5)) return wire.finish();
    this.#closed.add(wire);
    wire.reset();
  }

  #act(peer: FramePeer, x: number): void {
    const id = peer.requests[this.#below(peer.requests.length)]?.streamId;
    if (x === 12) return peer.goaway(id ?? 0, this.#chance(0.7) ? Code.NO_ERROR : Code.ENHANCE_YOUR_CALM);
    if (x === 13) peer.windowUpdate(0, 100_000);
    if (x === 14) {
      return peer.settings([
        [Id.MAX_CONCURRENT_STREAMS, this.#below(5)],
        [Id.INITIAL_WINDOW_SIZE, this.#below(100_000)],
      ]);
    }
    if (id === undefined) return;
    if (x === 8) peer.respond(id, this.#one([200, 204, 417, 421]), this.#one(['', 'body']));
    else if (x === 9) peer.headers(id, [[':status', this.#chance(0.3) ? '100' : '200']]);
    else if (x === 10) peer.data(id, 'x'.repeat(this.#below(3000)), { endStream: this.#chance(0.5) });
    else if (x === 11) peer.rst(id, this.#one(this.#codes));
    else if (x === 13) peer.windowUpdate(id, 100_000);
  }
}
