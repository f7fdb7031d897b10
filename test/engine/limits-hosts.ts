// The hosts of a simulated world: how many requests each bears, what it meters and how it says so, when it is down, and
// what goes wrong on the way to it. Everything comes out of the seed. It knows nothing of who asks.

import type { Address } from '../../src/model/contracts.ts';
import { systemError } from '../fake/wire.ts';
import type { Arrival, Network, Peer } from './fixture.ts';
import type { Seeded } from './simulation.ts';

type Answer = (error: Error | null, addresses: readonly Address[]) => void;

/** What a host counts: nothing, requests per second, requests at once, or a quota that it tells of. */
type Meter = 'none' | 'rate' | 'at-once' | 'quota';
type Outage = 'refuses' | 'is-silent' | 'resets' | 'has-no-name';

/** How a refusal says when to come back. */
const RETRY_AFTER = [
  'none',
  'none',
  'seconds',
  'fraction',
  'date',
  'past',
  'garbage',
  'negative',
  'huge',
] as const;
const QUOTA_FIELDS = ['standard', 'draft', 'x', 'x-date'] as const;
const BODY = 'b'.repeat(64);

export class Host {
  readonly name: string;
  /** Answered at once without queueing, and how long one takes. */
  readonly workers: number;
  readonly serviceMs: number;
  readonly meter: Meter;
  /** Per second, at once, or in a window, as it meters. */
  readonly limit: number;
  readonly windowMs: number;
  readonly retryAfter: (typeof RETRY_AFTER)[number];
  readonly quotaFields: (typeof QUOTA_FIELDS)[number];
  readonly refusal: 429 | 503;
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number; readonly how: Outage }[];
  /** Shares of its answers. */
  readonly slow: number;
  readonly errors: number;
  readonly busy: number;
  readonly cuts: number;
  readonly redirects: number;
  atWork = 0;
  arrived = 0;
  refused = 0;
  /** Of the rate: when the next may come, less the burst. Of the quota: since when it counts, and how many. */
  theoreticalMs = 0;
  windowFromMs = 0;
  used = 0;

  constructor(name: string, random: Seeded, malice: number, startMs: number) {
    this.name = name;
    this.workers = 1 + random.below(random.pick([4, 30, 200]));
    this.serviceMs = 2 + random.below(80);
    this.meter = random.pick(['none', 'none', 'rate', 'at-once', 'quota'] as const);
    this.limit = this.meter === 'at-once' ? 1 + random.below(20) : 5 + random.below(100);
    this.windowMs = 1_000 * (1 + random.below(5));
    this.retryAfter = random.pick(RETRY_AFTER);
    this.quotaFields = random.pick(QUOTA_FIELDS);
    this.refusal = random.chance(0.7) ? 429 : 503;
    this.slow = random.pick([0, 0.01, 0.1]);
    this.errors = malice * random.pick([0, 0.05, 0.3]);
    this.busy = malice * random.pick([0, 0.02, 0.2]);
    this.cuts = malice * random.pick([0, 0.05, 0.3]);
    this.redirects = random.pick([0, 0, 0.1, 0.3]);
    const count = random.chance(malice) ? 1 + random.below(3) : 0;
    let atMs = startMs;
    this.outages = Array.from({ length: count }, () => {
      const fromMs = atMs + random.below(3_000);
      atMs = fromMs + random.pick([200, 3_000, 20_000, 400_000]);
      return {
        fromMs,
        toMs: atMs,
        how: random.pick(['refuses', 'is-silent', 'resets', 'has-no-name'] as const),
      };
    });
  }

  outage(nowMs: number): Outage | undefined {
    return this.outages.find(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs)?.how;
  }

  toString(): string {
    return `${this.name} ${this.workers} × ${this.serviceMs} ms, ${this.meter} ${this.limit}, ${this.arrived} arrived, ${this.refused} refused`;
  }
}

/** Local descriptors and ports: how many there are, and how often one more is not to be had all the same. */
export interface Supplies {
  readonly connectionsMax: number;
  readonly fails: number;
}

export class Hosts {
  readonly all: readonly Host[];
  readonly #network: Network;
  readonly #random: Seeded;
  readonly #supplies: Supplies;
  #open = 0;

  constructor(network: Network, random: Seeded, count: number, malice: number) {
    this.#network = network;
    this.#random = random;
    const { clock, connector, resolver } = network;
    this.all = Array.from({ length: count }, (_, i) => new Host(`h${i}.test`, random, malice, clock.now()));
    this.#supplies = {
      connectionsMax: random.chance(0.15) ? 2 + random.below(20) : Number.POSITIVE_INFINITY,
      fails: random.chance(0.15) ? random.pick([0.02, 0.3]) : 0,
    };
    network.script = (peer, arrival) => this.#arrived(peer, arrival);
    network.onConnect = (peer) => this.#connect(peer);
    resolver.resolve = (host, done) => this.#resolve(host, done);
    const connect = connector.connect.bind(connector);
    connector.connect = (...wire) => {
      if (this.#short() && random.chance(0.5)) throw systemError('EMFILE');
      return connect(...wire);
    };
    for (const host of this.all) this.#plan(host);
  }

  /** Where a path leads next. */
  get someUrl(): string {
    return `http://${this.#random.pick(this.all).name}`;
  }

  of(name: string): Host {
    return this.all.find((host) => host.name === name)!;
  }

  #plan(host: Host): void {
    const { clock, peers } = this.#network;
    for (const { fromMs, how } of host.outages) {
      if (how !== 'resets' && how !== 'refuses') continue;
      clock.after(fromMs - clock.now(), () => {
        for (const peer of peers) {
          if (peer.wire.origin.host === host.name && peer.alive) peer.fail(systemError('ECONNRESET'));
        }
      });
    }
  }

  // ── the way there ───────────────────────────────────────────────────────────────────────────────────────

  #short(): boolean {
    const { connectionsMax, fails } = this.#supplies;
    return this.#open >= connectionsMax || (fails > 0 && this.#random.chance(fails));
  }

  #resolve(name: string, done: Answer): void {
    const { clock } = this.#network;
    const answer = (): void => {
      if (this.of(name).outage(clock.now()) === 'has-no-name') done(systemError('ENOTFOUND'), []);
      else done(null, [{ address: '192.0.2.1', family: 4 }]);
    };
    if (this.#random.chance(0.5)) answer();
    else clock.after(this.#random.below(30), answer);
  }

  #connect(peer: Peer): void {
    const { clock } = this.#network;
    if (this.#short()) {
      const error = systemError('EADDRNOTAVAIL');
      return peer.after(0, () => peer.fail(error));
    }
    this.#open++;
    const { onReleased } = peer.wire;
    let held = true;
    peer.wire.onReleased = () => {
      if (held) this.#open--;
      held = false;
      onReleased?.();
    };
    const host = this.of(peer.wire.origin.host);
    const ms = 1 + this.#random.below(10);
    peer.after(ms, () => {
      const outage = host.outage(clock.now());
      if (outage === 'refuses') peer.fail(systemError('ECONNREFUSED'));
      else if (outage !== 'is-silent') peer.wire.connect();
    });
  }

  // ── answers ─────────────────────────────────────────────────────────────────────────────────────────────

  #arrived(peer: Peer, arrival: Arrival): void {
    const { clock } = this.#network;
    const host = this.of(peer.wire.origin.host);
    host.arrived++;
    const outage = host.outage(clock.now());
    if (outage === 'resets') return peer.fail(systemError('ECONNRESET'));
    if (outage === 'is-silent') return;
    host.atWork++;
    const refuses = this.#refuses(host);
    clock.after(refuses ? 1 : this.#workMs(host), () => {
      host.atWork--;
      if (!peer.alive) return;
      if (refuses) this.#refuse(host, peer, arrival);
      else this.#answer(host, peer, arrival);
    });
  }

  /** As many at once as it has workers take their time, more share them; some take twenty times as long. */
  #workMs(host: Host): number {
    const random = this.#random;
    const ms = host.serviceMs * Math.max(1, host.atWork / host.workers) * (0.7 + 0.6 * random.next());
    return random.chance(host.slow) ? ms * 20 : ms;
  }

  #refuses(host: Host): boolean {
    const nowMs = this.#network.clock.now();
    switch (host.meter) {
      case 'none':
        return false;
      case 'at-once':
        return host.atWork > host.limit;
      case 'rate': {
        const everyMs = 1_000 / host.limit;
        if (host.theoreticalMs - nowMs > 10 * everyMs) return true;
        host.theoreticalMs = Math.max(host.theoreticalMs, nowMs) + everyMs;
        return false;
      }
      case 'quota':
        if (nowMs >= host.windowFromMs + host.windowMs) {
          host.windowFromMs = nowMs - ((nowMs - host.windowFromMs) % host.windowMs);
          host.used = 0;
        }
        if (host.used >= host.limit) return true;
        host.used++;
        return false;
      default:
        return host.meter satisfies never;
    }
  }

  #refuse(host: Host, peer: Peer, arrival: Arrival): void {
    host.refused++;
    this.#say(host, peer, arrival, host.refusal, this.#retryAfter(host));
  }

  #answer(host: Host, peer: Peer, arrival: Arrival): void {
    const random = this.#random;
    if (random.chance(host.cuts)) return this.#cut(peer, arrival);
    if (random.chance(host.busy)) return this.#say(host, peer, arrival, 503, this.#retryAfter(host));
    if (random.chance(host.errors)) return this.#say(host, peer, arrival, random.pick([500, 502, 404]), '');
    if (random.chance(host.redirects)) {
      const to = `Location: ${this.someUrl}${arrival.target}/r\r\n`;
      return this.#say(host, peer, arrival, random.pick([301, 302, 303, 307]), to);
    }
    this.#say(host, peer, arrival, 200, '');
  }

  #say(host: Host, peer: Peer, { method }: Arrival, status: number, fields: string): void {
    const random = this.#random;
    const last = random.chance(0.05);
    const close = last ? 'Connection: close\r\n' : '';
    const head = `HTTP/1.1 ${status} -\r\nContent-Length: ${BODY.length}\r\n${close}${fields}${this.#quota(host)}\r\n`;
    const octets = method === 'HEAD' ? head : head + BODY;
    const at = random.chance(0.2) ? 1 + random.below(octets.length - 1) : octets.length;
    const pieces = at === octets.length ? [octets] : [octets.slice(0, at), octets.slice(at)];
    peer.send(pieces, 1 + random.below(10), () => (last ? peer.finish() : peer.next()));
  }

  /** Ends before the response is whole, or before it began. */
  #cut(peer: Peer, { method }: Arrival): void {
    const random = this.#random;
    const whole = `HTTP/1.1 200 -\r\nContent-Length: ${BODY.length}\r\n\r\n${method === 'HEAD' ? '' : BODY}`;
    const part = whole.slice(0, random.below(whole.length));
    peer.send(part === '' ? [] : [part], 0, () => {
      if (random.chance(0.5)) peer.finish();
      else peer.fail(systemError('ECONNRESET'));
    });
  }

  #retryAfter(host: Host): string {
    const random = this.#random;
    switch (host.retryAfter) {
      case 'none':
        return '';
      case 'seconds':
        return `Retry-After: ${1 + random.below(8)}\r\n`;
      case 'fraction':
        return 'Retry-After: 0.5\r\n';
      case 'date':
        return this.#dates(1 + random.below(8));
      case 'past':
        return this.#dates(-100);
      case 'garbage':
        return `Retry-After: ${random.pick(['soon', '1e3', '', '5 s', 'NaN'])}\r\n`;
      case 'negative':
        return 'Retry-After: -5\r\n';
      case 'huge':
        return `Retry-After: ${random.pick(['86400', '99999999999999999999'])}\r\n`;
      default:
        return host.retryAfter satisfies never;
    }
  }

  /** By a clock that is an hour ahead. */
  #dates(seconds: number): string {
    const atMs = this.#network.clock.wall() + 3_600_000;
    const date = new Date(atMs).toUTCString();
    return `Date: ${date}\r\nRetry-After: ${new Date(Math.floor(atMs / 1000) * 1000 + seconds * 1000).toUTCString()}\r\n`;
  }

  #quota(host: Host): string {
    if (host.meter !== 'quota') return '';
    const { clock } = this.#network;
    const left = Math.max(0, host.limit - host.used);
    const resetMs = Math.max(0, host.windowFromMs + host.windowMs - clock.now());
    const reset = Math.ceil(resetMs / 1000);
    switch (host.quotaFields) {
      case 'standard':
        return `RateLimit: "a";r=${left};t=${reset}\r\nRateLimit-Policy: "a";q=${host.limit};w=${host.windowMs / 1000}\r\n`;
      case 'draft':
        return `RateLimit-Limit: ${host.limit}\r\nRateLimit-Remaining: ${left}\r\nRateLimit-Reset: ${reset}\r\n`;
      case 'x':
        return `X-RateLimit-Limit: ${host.limit}\r\nX-RateLimit-Remaining: ${left}\r\nX-RateLimit-Reset: ${reset}\r\n`;
      case 'x-date': {
        const at = Math.ceil((clock.wall() + resetMs) / 1000);
        return `X-RateLimit-Limit: ${host.limit}\r\nX-RateLimit-Remaining: ${left}\r\nX-RateLimit-Reset: ${at}\r\n`;
      }
      default:
        return host.quotaFields satisfies never;
    }
  }
}
