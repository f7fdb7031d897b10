// One seeded run against a server that misbehaves: it answers late, in pieces, resets, closes early, falls silent,
// sends garbage. Everything comes out of the seed, so that a seed that fails can be played again.

import type { RunOptions } from '../../src/model/options.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { isIdempotent, type RequestInput } from '../../src/model/request.ts';
import { systemError } from '../fake/wire.ts';
import { ArraySink, type Arrival, Network, type Peer } from './fixture.ts';

const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'PUT', 'DELETE', 'POST'];
const REQUESTS_MAX = 60;

/** Mulberry32: small, quick, and the same everywhere. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** From 0 to max - 1. */
  below(max: number): number {
    return Math.floor(this.next() * max);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** What the server says to a request: a text that shows whose answer it is. */
export function bodyOf(index: number): string {
  return `<${index}>`.repeat(1 + ((index * 7919) % 40));
}

export class Simulation {
  readonly seed: number;
  readonly network = new Network((peer, arrival) => this.#answer(peer, arrival));
  readonly options: RunOptions & { readonly concurrency: number; readonly perHost: number };
  readonly input: RequestInput[];
  readonly sink = new ArraySink();
  /** Stopped in the middle: not everything has an outcome then. */
  readonly stops: 'not' | 'stop' | 'abort' | 'fail';
  /** What was found wrong while it ran. */
  readonly wrongs: string[] = [];
  readonly #random: Seeded;
  /** How often a peer misbehaves, from 0 to 1. */
  readonly #malice: number;
  readonly #methods = new Map<number, string>();

  constructor(seed: number) {
    this.seed = seed;
    const random = new Seeded(seed);
    this.#random = random;
    this.#malice = random.pick([0, 0.05, 0.3, 0.7]);
    this.stops = random.chance(0.75) ? 'not' : random.pick(['stop', 'abort', 'fail']);
    this.options = {
      retry: 0,
      concurrency: 1 + random.below(12),
      perHost: 1 + random.below(12),
      pipeline: random.chance(0.5) ? 1 : 2 + random.below(4),
      lookAhead: 1 + random.below(40),
      idleConnections: random.below(6),
      keepAliveMs: 20 * random.below(20),
      dnsTtlMs: random.pick([0, 50, 1000]),
      dnsTimeoutMs: 200,
      connectTimeoutMs: 200,
      firstByteTimeoutMs: 300,
      idleTimeoutMs: 200,
      timeoutMs: 900,
      graceMs: 20 * random.below(20),
      outcomesMax: 1000,
    };
    const hosts = 1 + random.below(5);
    this.input = Array.from({ length: random.below(REQUESTS_MAX) }, (_, index) => this.#item(index, hosts));
    this.network.onConnect = (peer) => this.#connect(peer);
    this.network.resolver.resolve = (_, done) => this.#resolve(done);
    if (random.chance(0.3)) this.#slowSink();
  }

  async play(): Promise<void> {
    const { network, stops } = this;
    const { core } = network.run(this.input, this.options, this.sink);
    const reason = new Error('enough');
    if (stops !== 'not') {
      network.clock.after(this.#random.below(400), () => {
        if (stops === 'fail') core.fail(reason);
        else core[stops]('caller');
      });
    }
    const error = await network.end(core);
    if (error !== undefined && error !== reason) this.#wrong(`the run broke: ${error}`);
    this.#checkOutcomes();
    this.#checkWire();
    if (network.connector.held.length > 0) this.#wrong(`left open: ${network.connector.held.join(', ')}`);
    if (core.snapshot().inFlight > 0) this.#wrong('still in flight');
    if (core.summary.requests !== this.sink.outcomes.length) this.#wrong('the numbers do not add up');
    // The peers' own timers run out; the run must have none.
    network.clock.advance(10_000);
    if (network.clock.pending > 0) this.#wrong(`timers left behind: ${network.clock.pending}`);
  }

  #wrong(what: string): void {
    this.wrongs.push(what);
  }

  // ── the input ───────────────────────────────────────────────────────────────────────────────────────────

  #item(index: number, hosts: number): RequestInput {
    const random = this.#random;
    if (random.chance(0.02)) return 'nonsense';
    const method = random.pick(METHODS);
    this.#methods.set(index, method);
    const withBody = method === 'POST' || method === 'PUT';
    return {
      url: `http://h${random.below(hosts)}.test/${index}`,
      method,
      body: withBody ? 'x'.repeat(random.below(2000)) : undefined,
    };
  }

  // ── the network ─────────────────────────────────────────────────────────────────────────────────────────

  #bad(): boolean {
    return this.#random.chance(this.#malice);
  }

  #resolve(done: Parameters<Network['resolver']['resolve']>[1]): void {
    const random = this.#random;
    const answer = () => {
      if (random.chance(this.#malice / 4)) done(systemError('ENOTFOUND'), []);
      else done(null, [{ address: '192.0.2.1', family: 4 }]);
    };
    if (random.chance(0.3)) answer();
    else this.network.clock.after(random.below(this.#bad() ? 250 : 50), answer);
  }

  #connect(peer: Peer): void {
    const random = this.#random;
    const ms = random.below(20);
    if (!random.chance(this.#malice / 4)) return peer.after(ms, () => this.#open(peer));
    // Else it is refused, or nothing is ever heard of it.
    if (random.chance(0.7)) peer.after(ms, () => peer.fail(systemError('ECONNREFUSED')));
  }

  /** Servers also end connections that nobody uses at the moment. */
  #open(peer: Peer): void {
    peer.wire.connect();
    if (!this.#bad()) return;
    peer.after(this.#random.below(400), () => {
      if (!peer.answering) this.#leave(peer);
    });
  }

  #leave(peer: Peer): void {
    if (this.#random.chance(0.5)) peer.finish();
    else peer.fail(systemError('ECONNRESET'));
  }

  // ── answers ─────────────────────────────────────────────────────────────────────────────────────────────

  #answer(peer: Peer, arrival: Arrival): void {
    this.#checkLimits();
    peer.after(this.#random.below(40), () => {
      if (this.#bad()) this.#misbehave(peer, arrival);
      else this.#behave(peer, arrival);
    });
  }

  #behave(peer: Peer, { method, target }: Arrival): void {
    const random = this.#random;
    const body = bodyOf(Number(target.slice(1)));
    const interim = random.chance(0.1) ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' : '';
    const last = random.chance(0.1);
    const close = last ? 'Connection: close\r\n' : '';
    const head = `${interim}HTTP/1.1 200 OK\r\n${close}`;
    const ending = random.below(3);
    let octets: string;
    if (method === 'HEAD') octets = `${head}Content-Length: ${body.length}\r\n\r\n`;
    else if (ending === 0) octets = `${head}Transfer-Encoding: chunked\r\n\r\n${this.#chunked(body)}`;
    else if (ending === 1 && last) octets = `${head}\r\n${body}`;
    else octets = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    peer.send(this.#pieces(octets), random.below(20), () => {
      if (last) peer.finish();
      else peer.next();
    });
  }

  #misbehave(peer: Peer, { method, target }: Arrival): void {
    const random = this.#random;
    const body = bodyOf(Number(target.slice(1)));
    const content = method === 'HEAD' ? '' : body;
    const octets = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${content}`;
    const cut = octets.slice(0, random.below(octets.length));
    switch (random.below(6)) {
      case 0: // ends half way, or before it said anything
        return peer.send(this.#pieces(cut), random.below(10), () => this.#leave(peer));
      case 1: // falls silent
        if (cut !== '') peer.wire.receive(cut);
        return;
      case 2:
        return peer.send(this.#pieces('HTTP/2 200\r\nnonsense\r\n\r\n'), 1, () => {});
      case 3: // slow, but in time
        return peer.after(250, () => peer.send([octets], 0));
      case 4: // says more than it was asked for; where others wait behind, nobody could tell it from their answers
        return peer.send([peer.waiting.length > 1 ? octets : octets + octets], 0);
      default: // answers and goes at once, without a word
        return peer.send([octets], 0, () => this.#leave(peer));
    }
  }

  #pieces(octets: string): string[] {
    const pieces: string[] = [];
    const max = this.#random.pick([octets.length, octets.length, 200, 20]) + 1;
    for (let at = 0; at < octets.length; ) {
      const length = 1 + this.#random.below(max);
      pieces.push(octets.slice(at, at + length));
      at += length;
    }
    return pieces.length > 12 ? [...pieces.slice(0, 11), pieces.slice(11).join('')] : pieces;
  }

  #chunked(body: string): string {
    const size = 1 + this.#random.below(body.length);
    let octets = '';
    for (let at = 0; at < body.length; at += size) {
      const chunk = body.slice(at, at + size);
      octets += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
    }
    return `${octets}0\r\n\r\n`;
  }

  /** Full for a while after some outcomes. */
  #slowSink(): void {
    const { sink, network } = this;
    sink.onWrite = () => {
      if (sink.full || !this.#random.chance(0.2)) return;
      sink.full = true;
      network.clock.after(this.#random.below(100), () => {
        sink.full = false;
        sink.onDrain?.();
      });
    };
  }

  // ── what must hold ──────────────────────────────────────────────────────────────────────────────────────

  /** Requests that have arrived and are not answered, on wires that our side still holds. */
  #checkLimits(): void {
    const { concurrency, perHost } = this.options;
    const byHost = new Map<string, number>();
    let all = 0;
    for (const peer of this.network.peers) {
      if (!peer.alive) continue;
      all += peer.waiting.length;
      const { key } = peer.wire.origin;
      byHost.set(key, (byHost.get(key) ?? 0) + peer.waiting.length);
    }
    if (all > concurrency) this.#wrong(`${all} in flight, ${concurrency} allowed`);
    for (const [key, n] of byHost)
      if (n > perHost) this.#wrong(`${n} in flight to ${key}, ${perHost} allowed`);
  }

  #checkOutcomes(): void {
    const seen = new Map<number, Outcome>();
    for (const outcome of this.sink.outcomes) {
      if (seen.has(outcome.index)) this.#wrong(`two outcomes for ${outcome.index}`);
      seen.set(outcome.index, outcome);
      if (outcome.attempts > 2) this.#wrong(`${outcome.attempts} attempts for ${outcome.index}`);
      if (outcome.type !== 'response') {
        if (outcome.kind === 'aborted' && this.stops === 'not') this.#wrong(`nobody aborted ${outcome}`);
        if (outcome.kind === 'unknown') this.#wrong(`unknown: ${outcome}`);
        continue;
      }
      const expected = outcome.method === 'HEAD' ? '' : bodyOf(outcome.index);
      if (outcome.text() !== expected) this.#wrong(`${outcome} has the body of another: ${outcome.text()}`);
    }
    if (this.#malice === 0 && this.stops === 'not') {
      const failed = this.sink.outcomes.filter((one) => one.type === 'failure' && one.phase !== 'input');
      if (failed.length > 0) this.#wrong(`failed without a reason: ${failed.join('; ')}`);
    }
    if (this.stops === 'not' && seen.size !== this.input.length) {
      this.#wrong(`${seen.size} outcomes for ${this.input.length} items`);
    }
  }

  /** What was written to any wire: nothing twice that must not be, and no outcome without or against it. */
  #checkWire(): void {
    const written = new Map<number, number>();
    for (const line of this.network.sent) {
      const index = Number(line.slice(line.indexOf('/') + 1));
      written.set(index, (written.get(index) ?? 0) + 1);
    }
    const outcomes = new Map(this.sink.outcomes.map((one) => [one.index, one]));
    for (const [index, times] of written) {
      const method = this.#methods.get(index)!;
      const outcome = outcomes.get(index);
      if (times > (isIdempotent(method) ? 2 : 1)) this.#wrong(`${method} ${index} was sent ${times} times`);
      if (outcome === undefined) this.#wrong(`${index} was sent and has no outcome`);
      else if (times > outcome.attempts)
        this.#wrong(`${index} sent ${times} times: ${outcome.attempts} attempts`);
    }
    for (const [index, outcome] of outcomes) {
      const times = written.get(index) ?? 0;
      if (outcome.type === 'response' && times === 0) this.#wrong(`${outcome} to nothing`);
    }
  }
}
