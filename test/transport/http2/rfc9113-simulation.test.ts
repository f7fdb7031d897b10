// RFC 9113 as a whole, by chance: requests with bodies, windows that open by little, and a server that answers, resets,
// refuses, says GOAWAY, closes or stalls. Each request has one outcome, octets arrive as they were sent, nothing is sent
// above a window (the rules of the peers see to that), and nothing is left behind.

import { describe, expect, it } from 'vitest';
import { Code, FRAME_MAX, Id, type Pair } from '../../fake/frame-octets.ts';
import type { FramePeer, PeerRequest } from '../../fake/frame-peer.ts';
import type { Asked, FakeNetwork } from '../fixture.ts';
import { Http2Network } from './fixture.ts';

const SEEDS = 60;
const REQUESTS_MAX = 40;
const STEPS_MAX = 3_000;

type Random = (below: number) => number;

/** mulberry32 */
function seeded(seed: number): Random {
  let state = seed * 0x9e3779b9;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const TEXT = Array.from({ length: 150_000 }, (_, i) =>
  String.fromCharCode(33 + ((i * 13 + (i >> 8)) % 90)),
).join('');

/** So long, and different for each request and place. */
function bodyOf(name: number, bytes: number): string {
  const at = (name * 7_919) % 50_000;
  return TEXT.slice(at, at + bytes);
}

/** What the server makes of one request. */
interface Plan {
  readonly request: PeerRequest;
  readonly body: Buffer;
  readonly fate: 'answer' | 'early' | 'reset' | 'refuse' | 'stall';
  readonly indexed: boolean;
  headSent: boolean;
  sent: number;
  over: boolean;
}

/** One connection's server: a step of it is one random thing. */
class RandomServer {
  readonly peer: FramePeer;
  readonly #random: Random;
  readonly #plans = new Map<number, Plan>();
  /** Of its GOAWAY: it looks at nothing above. */
  #goawayId = Number.POSITIVE_INFINITY;
  #last = 0;
  #isReset = false;

  constructor(peer: FramePeer, random: Random) {
    this.peer = peer;
    this.#random = random;
  }

  begin(): void {
    const random = this.#random;
    this.peer.arrives = random(8) === 0 ? 'octets' : random(3) === 0 ? 1 + random(12) : 'whole';
    this.peer.settings([
      [Id.MAX_CONCURRENT_STREAMS, 1 + random(12)],
      [Id.INITIAL_WINDOW_SIZE, random(3) === 0 ? random(200) : 1_000 + random(60_000)],
    ]);
  }

  step(): void {
    const { peer } = this;
    for (const request of peer.requests) {
      if (!this.#plans.has(request.streamId)) this.#plans.set(request.streamId, this.#planFor(request));
    }
    this.#open();
    const random = this.#random;
    const active = [...this.#plans.values()].filter(
      ({ over, request }) => !over && request.reset === undefined,
    );
    if (active.length > 0) this.#act(active[random(active.length)]!);
    if (!peer.isOpen) return;
    const chance = random(200);
    if (chance < 4) peer.ping(Buffer.alloc(8, random(256)));
    else if (chance < 7) peer.settings([[Id.MAX_CONCURRENT_STREAMS, random(15)]]);
    else if (chance < 10) peer.settings([[Id.INITIAL_WINDOW_SIZE, random(70_000)]]);
    else if (chance < 12) peer.settings([[Id.MAX_CONCURRENT_STREAMS, 1 + random(15)]]);
    else if (chance < 13) peer.raw(0x40 + random(20), random(256), random(9), Buffer.alloc(random(50)));
    else if (chance < 14) this.#goaway();
    else if (chance < 15 && random(3) === 0) this.#close();
    else if (chance < 16 && random(6) === 0) peer.data(0, 'a fault');
  }

  /** Paths of the requests that it may have processed, as far as a client can know. */
  get processed(): string[] {
    const { requests } = this.peer;
    const known = this.#isReset ? requests.filter(({ streamId }) => this.#plans.has(streamId)) : requests;
    return known
      .filter(({ streamId }) => streamId <= this.#goawayId && this.#plans.get(streamId)?.fate !== 'refuse')
      .map(({ path }) => path);
  }

  /** Windows open for what is under way, sooner or later. */
  #open(): void {
    const { peer } = this;
    const random = this.#random;
    if (peer.rules.window < 20_000) peer.windowUpdate(0, 1 + random(50_000));
    for (const { request, over } of this.#plans.values()) {
      const window = peer.rules.streams.get(request.streamId)!.window;
      if (!over && !request.ended && request.reset === undefined && window < 5_000 && random(2) === 0)
        peer.windowUpdate(request.streamId, 1 + random(8_000));
    }
  }

  #planFor(request: PeerRequest): Plan {
    const random = this.#random;
    const chance = random(20);
    const fate =
      chance === 0
        ? 'reset'
        : chance === 1
          ? 'refuse'
          : chance === 2
            ? 'stall'
            : chance === 3
              ? 'early'
              : 'answer';
    const name = Number(request.path.slice(1));
    const body = Buffer.from(bodyOf(name + 1_000, random(4) === 0 ? random(20_000) : random(300)));
    this.#last = request.streamId;
    const over = request.streamId > this.#goawayId;
    return { request, body, fate, indexed: random(2) === 0, headSent: false, sent: 0, over };
  }

  #act(plan: Plan): void {
    const { peer } = this;
    const { streamId } = plan.request;
    if (plan.fate === 'stall') return;
    if (plan.fate === 'refuse' || (plan.fate === 'reset' && (plan.headSent || this.#random(3) === 0))) {
      plan.over = true;
      return peer.rst(streamId, plan.fate === 'refuse' ? Code.REFUSED_STREAM : Code.INTERNAL_ERROR);
    }
    if (!plan.request.ended && plan.fate === 'answer') return;
    if (!plan.headSent) return this.#head(plan);
    this.#content(plan);
  }

  #head(plan: Plan): void {
    const { streamId, body } = plan.request;
    const random = this.#random;
    if (random(6) === 0)
      this.peer.headers(streamId, [
        [':status', '103'],
        ['link', 'x'],
      ]);
    const fields: Pair[] = [
      [':status', '200'],
      ['x-got', `${body.length}`],
      ['x-constant', 'yes'],
    ];
    if (random(2) === 0) fields.push(['content-length', String(plan.body.length)]);
    plan.headSent = true;
    plan.over = plan.body.length === 0;
    this.peer.headers(streamId, fields, { endStream: plan.over, indexed: plan.indexed });
  }

  #content(plan: Plan): void {
    const { streamId } = plan.request;
    const random = this.#random;
    const left = plan.body.length - plan.sent;
    const padding = random(5) === 0 ? random(40) : undefined;
    const room = Math.min(FRAME_MAX, this.peer.room(streamId)) - (padding ?? -1) - 1;
    const length = Math.min(left, room, 1 + random(12_000));
    if (length <= 0) return;
    plan.sent += length;
    const isLast = plan.sent === plan.body.length;
    const trails = isLast && random(4) === 0;
    plan.over = isLast;
    const piece = plan.body.subarray(plan.sent - length, plan.sent);
    this.peer.data(streamId, piece, {
      endStream: isLast && !trails,
      ...(padding === undefined ? {} : { padding }),
    });
    if (trails && this.peer.isOpen) this.peer.headers(streamId, [['x-trailer', 'yes']], { endStream: true });
  }

  #goaway(): void {
    if (this.#goawayId !== Number.POSITIVE_INFINITY) return;
    const begun = [...this.#plans.values()]
      .filter(({ headSent }) => headSent)
      .map(({ request }) => request.streamId);
    const last = Math.max(0, this.#last - 2 * this.#random(4), ...begun);
    this.#goawayId = last;
    for (const plan of this.#plans.values()) if (plan.request.streamId > last) plan.over = true;
    this.peer.goaway(last, Code.NO_ERROR);
  }

  #close(): void {
    this.#isReset = this.#random(2) === 0;
    if (this.#isReset) this.peer.wire.reset();
    else this.peer.wire.finish();
  }
}

interface World {
  readonly net: Http2Network;
  readonly asked: readonly Asked[];
  readonly bodies: ReadonlyMap<string, string>;
  readonly servers: readonly RandomServer[];
}

/** Everything that happens with this seed; ends when every request has its outcome. */
function play(seed: number): World {
  const random = seeded(seed);
  const net = new Http2Network({
    h2Connections: random(2) === 0 ? 1 : 1 + random(4),
    firstByteTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    timeoutMs: 20_000,
  });
  const servers: RandomServer[] = [];
  const asked: Asked[] = [];
  const bodies = new Map<string, string>();
  const count = 1 + random(REQUESTS_MAX);
  for (let step = 0; step < STEPS_MAX; step++) {
    for (let n = random(4); n > 0 && asked.length < count; n--) asked.push(ask(net, bodies, random));
    if (random(60) === 0 && asked.length > 0) asked[random(asked.length)]!.request.cancel();
    acceptAll(net, servers, random);
    for (const server of servers) if (server.peer.isOpen) server.step();
    net.clock.advance(random(3) === 0 ? random(50) : 0);
    if (asked.length === count && asked.every(({ done }) => done)) break;
  }
  net.clock.advance(120_000);
  return { net, asked, bodies, servers };
}

function ask(net: FakeNetwork, bodies: Map<string, string>, random: Random): Asked {
  const path = `/${bodies.size}`;
  const body = random(2) === 0 ? '' : bodyOf(bodies.size, random(5) === 0 ? random(70_000) : 1 + random(500));
  bodies.set(path, body);
  const method = body === '' ? 'GET' : 'POST';
  return net.send({ url: `http://host${path}`, method, ...(body === '' ? {} : { body }) });
}

function acceptAll(net: Http2Network, servers: RandomServer[], random: Random): void {
  net.peers.forEach((peer, i) => {
    if (peer.wire.state !== 'connecting') return;
    peer.wire.connect();
    net.turn();
    if (!peer.isOpen) return;
    servers[i] = new RandomServer(peer, random);
    servers[i].begin();
  });
}

function check({ net, asked, bodies, servers }: World): void {
  for (const one of asked) {
    expect(one.outcomes).toHaveLength(1);
    expect(one.outcome.attempts).toBe(1);
    if (one.outcome.type === 'failure') {
      expect(`${one.short} ${one.failure.message}`).toMatch(
        /^\w+\/(reset|closed|timeout|aborted|protocol .*stream 0)/,
      );
      continue;
    }
    const name = Number(one.request.target.slice(1));
    const text = one.response.text();
    expect(text).toBe(bodyOf(name + 1_000, text.length));
    expect(one.response.header('x-constant')).toBe('yes');
  }
  for (const peer of net.peers) {
    for (const { path, body, ended } of peer.requests) {
      const whole = bodies.get(path)!;
      const text = body.toString('latin1');
      expect(ended ? text === whole : whole.startsWith(text)).toBe(true);
    }
  }
  // Nothing twice: what was sent again is what nobody had looked at.
  const processed = servers.flatMap((server) => server.processed).sort();
  expect(processed).toEqual([...new Set(processed)]);
  expect(net.connector.held).toEqual([]);
  expect(net.peers.flatMap(({ faults }) => faults)).toEqual([]);
}

describe('by chance', () => {
  it(`each request has one outcome, and every rule is kept (${SEEDS} seeds)`, () => {
    let responses = 0;
    let failures = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = play(seed);
      try {
        check(world);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
      for (const { outcome } of world.asked) outcome.type === 'response' ? responses++ : failures++;
    }
    // It would prove little where everything went well, or nothing did.
    expect(responses).toBeGreaterThan(SEEDS);
    expect(failures).toBeGreaterThan(SEEDS / 5);
  });
});
