// One seeded session under everything at once: several runs, single requests and fetches share its slots and connections
// while they are redirected, challenged, reset, paused, stopped, cancelled and broken off. Everything comes out of the
// seed.

import { flurry, Response, type Run, type RunOptions, Session } from 'flurry';
import type { BodyStream } from '../../src/model/body-stream.ts';
import { isIdempotent, type RequestInput } from '../../src/model/request.ts';
import { systemError } from '../fake/wire.ts';
import { ArraySink, type Arrival, Network, type Peer } from './fixture.ts';
import { Seeded } from './simulation.ts';

const METHODS = ['GET', 'GET', 'GET', 'GET', 'HEAD', 'PUT', 'POST'];
const REASON = new Error('enough');
const PATIENCE_TURNS = 20_000;

export class SessionSimulation {
  readonly network = new Network((peer, arrival) => this.#answer(peer, arrival));
  readonly wrongs: string[] = [];
  /** What came of requests and runs, for the test to see that all has happened. */
  readonly seen = new Set<string>();
  readonly #random: Seeded;
  readonly #malice: number;
  readonly #hosts: number;
  readonly #digest: boolean;
  readonly #limits: { readonly concurrency: number; readonly perHost: number };
  readonly #session: Session;
  /** How often each request was answered by asking for it again. */
  readonly #challenged = new Map<string, number>();
  #ids = 0;

  constructor(seed: number) {
    const random = new Seeded(seed);
    this.#random = random;
    this.#malice = random.pick([0, 0.05, 0.2, 0.5]);
    this.#hosts = 1 + random.below(3);
    this.#digest = random.chance(0.4);
    this.#limits = { concurrency: 1 + random.below(6), perHost: 1 + random.below(4) };
    const options: RunOptions = {
      ...this.#limits,
      pipeline: random.chance(0.7) ? 1 : 2 + random.below(3),
      idleConnections: random.below(6),
      keepAliveMs: 20 * random.below(20),
      maxRedirects: 3,
      dnsTtlMs: random.pick([0, 50, 1000]),
      dnsTimeoutMs: 200,
      connectTimeoutMs: 200,
      firstByteTimeoutMs: 300,
      idleTimeoutMs: 200,
      expectTimeoutMs: 30,
      timeoutMs: 900,
    };
    // Of its own: how often the session draws must not change what the world does.
    const chance = new Seeded(seed + 0x2000_0000);
    this.#session = new Session(this.#digest ? { ...options, user: 'u:p', digest: true } : options, {
      clock: this.network.clock,
      connector: this.network.connector,
      resolver: this.network.resolver,
      random: () => chance.next(),
      env: {},
    });
    this.network.onConnect = (peer) => this.#connect(peer);
    this.network.resolver.resolve = (_, done) => {
      const answer = () => {
        if (random.chance(this.#malice / 4)) done(systemError('ENOTFOUND'), []);
        else done(null, [{ address: '192.0.2.1', family: 4 }]);
      };
      if (random.chance(0.5)) answer();
      else this.network.clock.after(random.below(this.#bad() ? 250 : 30), answer);
    };
  }

  /** All that was written, what came of it, and when it was over. Nonces of Digest are drawn anew each time. */
  get story(): string {
    const { connector, clock } = this.network;
    const written = connector.wires.map((wire) => `${wire} ${wire.written}`).join('\n');
    const ended = `${[...this.seen].join()} ${clock.now()}`;
    return written.replace(/(?:cnonce|response)="[^"]*"/g, '') + ended;
  }

  async play(): Promise<void> {
    const { network } = this;
    const random = this.#random;
    const actors: Promise<void>[] = [];
    for (let left = random.below(4); left > 0; left--) actors.push(this.#run(random.below(200)));
    for (let left = random.below(12); left > 0; left--) actors.push(this.#single(random.below(400)));
    if (random.chance(0.2)) network.clock.after(random.below(500), () => actors.push(this.#session.close()));
    let over = false;
    const all = (async () => {
      // Closing is added while others go on.
      for (let n = 0; n !== actors.length; ) {
        n = actors.length;
        await Promise.all(actors);
      }
      over = true;
    })();
    all.catch((error: unknown) => this.#wrong(`an actor broke: ${(error as Error).stack}`));
    await this.#until(() => over || this.wrongs.length > 0, 'the actors');
    await this.#until(() => String(this.#session).includes(' 0 of '), 'the slots');
    await this.#closed();
    network.clock.advance(10_000);
    const left = String(this.#session);
    if (!/^session 0 of .*; 0 origins, 0 idle/.test(left)) this.#wrong(`left behind: ${left}`);
    if (network.connector.held.length > 0) this.#wrong(`left open: ${network.connector.held.join(', ')}`);
    if (network.clock.pending > 0) this.#wrong(`timers left behind: ${network.clock.pending}`);
    this.#checkWire();
  }

  async #closed(): Promise<void> {
    let closed = false;
    void this.#session.close().then(() => {
      closed = true;
    });
    await this.#until(() => closed && this.network.connector.held.length === 0, 'the close');
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const { clock } = this.network;
    for (let turns = 0; !condition(); turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (condition()) return;
      if (turns > PATIENCE_TURNS || (clock.nextInMs === undefined && turns > 200 && clock.polling === 0)) {
        if (this.wrongs.length === 0) this.#wrong(`${what} never come to an end: ${this.#session}, ${clock}`);
        return;
      }
      clock.advance(clock.nextInMs ?? 0);
    }
  }

  #wrong(what: string): void {
    this.wrongs.push(what);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.network.clock.after(ms, () => resolve()));
  }

  // ── who asks ────────────────────────────────────────────────────────────────────────────────────────────

  #input(): { url: string; method: string; body?: string | BodyStream; headers?: Record<string, string> } {
    const random = this.#random;
    const method = random.pick(METHODS);
    const url = `http://h${random.below(this.#hosts)}.test/${this.#ids++}`;
    if (method !== 'POST' && method !== 'PUT') return { url, method };
    const body = random.chance(0.5) ? 'x'.repeat(random.below(50)) : this.#stream();
    return random.chance(0.1)
      ? { url, method, body, headers: { Expect: '100-continue' } }
      : { url, method, body };
  }

  /** Pieces at once or later, sometimes none, sometimes an error. */
  #stream(): BodyStream {
    const random = this.#random;
    const pieces = Array.from({ length: random.below(5) }, () =>
      Buffer.from('y'.repeat(1 + random.below(9))),
    );
    const fails = random.chance(0.1);
    const open = () => {
      let next = 0;
      let closed = false;
      return {
        read: (done: (error: Error | undefined, bytes: Uint8Array | undefined) => void) => {
          const piece = pieces[next++];
          const tell = () => {
            if (closed) return;
            if (fails && piece === undefined) done(new Error('disk gone'), undefined);
            else done(undefined, piece);
          };
          if (random.chance(0.5)) tell();
          else this.network.clock.after(random.below(30), tell);
        },
        close: () => {
          closed = true;
        },
      };
    };
    const length = pieces.reduce((sum, { length }) => sum + length, 0);
    return { length, replayable: random.chance(0.5), contentType: undefined, open };
  }

  async #single(afterMs: number): Promise<void> {
    const random = this.#random;
    await this.#sleep(afterMs);
    const abort = new AbortController();
    const aborts = random.chance(0.3);
    if (aborts) this.network.clock.after(random.below(120), () => abort.abort(REASON));
    const { url, ...input } = this.#input();
    try {
      if (random.chance(0.3) && typeof input.body !== 'object') {
        await this.#fetched(url, { ...input, signal: abort.signal } as RequestInit);
      } else {
        const response = await this.#session.request({ url, ...input }, { signal: abort.signal });
        this.#check(url, response);
      }
    } catch (error) {
      this.seen.add(error === REASON ? 'single aborted' : `single ${(error as Error).name}`);
      if (error === REASON && !aborts) this.#wrong(`nobody aborted ${url}`);
      if (/hits a bug|is not a function|undefined/.test(String(error))) this.#wrong(`${url}: ${error}`);
    }
  }

  async #fetched(url: string, init: RequestInit): Promise<void> {
    const response = await this.#session.fetch(url, init);
    if (this.#random.chance(0.3)) await this.#sleep(this.#random.below(100));
    if (this.#random.chance(0.2)) {
      this.seen.add('body cancelled');
      return await response.body?.cancel();
    }
    const text = await response.text();
    this.seen.add(`fetched ${response.status}`);
    if (response.status === 200 && init.method !== 'HEAD' && text !== bodyOf(url)) {
      this.#wrong(`${url} fetched the body of another: ${text}`);
    }
  }

  #check(url: string, response: Response): void {
    this.seen.add(`single ${response.status}`);
    if (response.redirects.length > 0) this.seen.add('redirected');
    const expected = response.method === 'HEAD' ? '' : bodyOf(url);
    if (response.status === 200 && response.text() !== expected) {
      this.#wrong(`${url} has the body of another: ${response.text()}`);
    }
  }

  /** A run, how it is consumed, and what ends it. */
  async #run(afterMs: number): Promise<void> {
    const random = this.#random;
    await this.#sleep(afterMs);
    const input: RequestInput[] = Array.from({ length: random.below(12) }, () =>
      random.chance(0.05) ? 'nonsense' : this.#input(),
    );
    const abort = new AbortController();
    const ends = random.pick(['itself', 'itself', 'itself', 'stop', 'abort', 'duration', 'break'] as const);
    const options = {
      concurrency: 1 + random.below(6),
      lookAhead: 1 + random.below(10),
      outcomesMax: 1 + random.below(4),
      graceMs: 20 * random.below(10),
      ...(ends === 'duration' ? { durationMs: 1 + random.below(300) } : {}),
      session: this.#session,
      signal: abort.signal,
    };
    let run: Run;
    try {
      run = flurry(this.#source(input), options);
    } catch {
      // The session was closed before.
      return;
    }
    const outcomes: Outcomes = {
      indices: new Set(),
      added: 0,
      breaksAt: ends === 'break' ? random.below(5) : -1,
    };
    const cut = random.below(300);
    if (ends === 'stop') this.network.clock.after(cut, () => run.stop());
    if (ends === 'abort') this.network.clock.after(cut, () => abort.abort(REASON));
    try {
      await this.#consume(run, outcomes);
    } catch (error) {
      if (error !== REASON || ends !== 'abort') throw error;
    }
    this.seen.add(`run ended by ${ends}`);
    const whole = ends === 'itself' && outcomes.indices.size !== input.length + outcomes.added;
    if (whole)
      this.#wrong(
        `${outcomes.indices.size} of ${input.length} and ${outcomes.added}, ${JSON.stringify(run.summary)}`,
      );
  }

  #source(input: readonly RequestInput[]): Iterable<RequestInput> | AsyncIterable<RequestInput> {
    const random = this.#random;
    if (random.chance(0.5)) return input;
    const sleep = (ms: number) => this.#sleep(ms);
    return (async function* () {
      for (const item of input) {
        if (random.chance(0.3)) await sleep(random.below(60));
        yield item;
      }
    })();
  }

  async #consume(run: Run, outcomes: Outcomes): Promise<void> {
    const random = this.#random;
    const how = random.below(3);
    if (how === 0) {
      const sink = new ArraySink();
      sink.onWrite = (outcome) => {
        this.#take(run, outcome, outcomes);
        if (sink.full || !random.chance(0.3)) return;
        sink.full = true;
        this.network.clock.after(random.below(150), () => {
          sink.full = false;
          sink.onDrain?.();
        });
      };
      await run.to(sink);
      if (sink.closes !== 1) this.#wrong(`a sink was closed ${sink.closes} times`);
      return;
    }
    if (how === 1) {
      for await (const batch of run.batches()) {
        for (const outcome of batch) this.#take(run, outcome, outcomes);
        if (random.chance(0.3)) await this.#sleep(random.below(150));
        if (outcomes.breaksAt >= 0 && outcomes.indices.size >= outcomes.breaksAt) break;
      }
      return;
    }
    for await (const outcome of run) {
      this.#take(run, outcome, outcomes);
      if (random.chance(0.2)) await this.#sleep(random.below(150));
      if (outcomes.breaksAt >= 0 && outcomes.indices.size >= outcomes.breaksAt) break;
    }
  }

  #take(run: Run, outcome: Parameters<ArraySink['write']>[0], outcomes: Outcomes): void {
    const { index } = outcome;
    if (outcomes.indices.has(index)) this.#wrong(`two outcomes for ${index} of ${outcome}`);
    outcomes.indices.add(index);
    if (outcome instanceof Response) this.#check(outcome.request.askedUrl, outcome);
    else this.seen.add(`${outcome.phase}/${outcome.kind}`);
    if (outcome.type === 'failure' && outcome.kind === 'unknown') this.#wrong(`unknown: ${outcome}`);
    if (this.#ids < 200 && this.#random.chance(0.15) && run.add(this.#input(), { dedupe: false }))
      outcomes.added++;
  }

  // ── the network ─────────────────────────────────────────────────────────────────────────────────────────

  #bad(): boolean {
    return this.#random.chance(this.#malice);
  }

  #connect(peer: Peer): void {
    const random = this.#random;
    const { wire } = peer;
    if (this.#bad() && random.chance(0.3)) {
      if (random.chance(0.7)) peer.after(random.below(20), () => peer.fail(systemError('ECONNREFUSED')));
      return;
    }
    peer.after(random.below(20), () => {
      wire.connect();
      if (this.#bad()) peer.after(random.below(400), () => peer.answering || this.#leave(peer));
    });
    if (!random.chance(0.2)) return;
    // A kernel that takes its time.
    const take = wire.onWritten!;
    wire.onWritten = () => {
      if (wire.takes) {
        wire.takes = false;
        peer.after(1 + random.below(20), () => wire.drain());
      }
      take();
    };
  }

  #leave(peer: Peer): void {
    if (this.#random.chance(0.5)) peer.finish();
    else peer.fail(systemError('ECONNRESET'));
  }

  #answer(peer: Peer, arrival: Arrival): void {
    this.#checkLimits();
    peer.after(this.#random.below(30), () => {
      if (this.#bad()) this.#misbehave(peer);
      else peer.send(this.#pieces(this.#octets(peer, arrival)), this.#random.below(20));
    });
  }

  /** Where it leads, or what it is: its number is the first part of its target, whatever redirects added. */
  #octets(peer: Peer, { method, target }: Arrival): string {
    const random = this.#random;
    const { written } = peer.wire;
    const start = written.lastIndexOf(`${method} ${target} HTTP`);
    const head = written.slice(start, written.indexOf('\r\n\r\n', start));
    if (this.#digest && random.chance(0.3) && !head.includes('\r\nAuthorization:')) {
      this.#asksAgain(method, target);
      const challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n';
      return `HTTP/1.1 401 Unauthorized\r\n${challenge}Content-Length: 0\r\n\r\n`;
    }
    if (head.includes('\r\nExpect:') && random.chance(0.3)) {
      this.#asksAgain(method, target);
      return 'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n';
    }
    if (random.chance(0.25)) {
      const status = random.pick([301, 302, 303, 307]);
      const to = `http://h${random.below(this.#hosts)}.test${target}/r`;
      return `HTTP/1.1 ${status} Elsewhere\r\nLocation: ${to}\r\nSet-Cookie: a=${random.below(3)}\r\nContent-Length: 0\r\n\r\n`;
    }
    const body = bodyOf(target);
    return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`;
  }

  #asksAgain(method: string, target: string): void {
    const key = `${method} ${target}`;
    this.#challenged.set(key, (this.#challenged.get(key) ?? 0) + 1);
  }

  #misbehave(peer: Peer): void {
    switch (this.#random.below(4)) {
      case 0:
        return this.#leave(peer);
      case 1: // falls silent
        return;
      case 2: // ends half way
        return peer.send(['HTTP/1.1 200 OK\r\nContent-Length: 90\r\n', '\r\nhalf'], 5, () =>
          this.#leave(peer),
        );
      default:
        return peer.send(['nonsense\r\n\r\n'], 0, () => {});
    }
  }

  #pieces(octets: string): string[] {
    const at = this.#random.below(octets.length * 2);
    return at === 0 || at >= octets.length ? [octets] : [octets.slice(0, at), octets.slice(at)];
  }

  // ── what must hold ──────────────────────────────────────────────────────────────────────────────────────

  #checkLimits(): void {
    const { concurrency, perHost } = this.#limits;
    const byHost = new Map<string, number>();
    let all = 0;
    for (const peer of this.network.peers) {
      if (!peer.alive) continue;
      all += peer.waiting.length;
      const { key } = peer.wire.origin;
      byHost.set(key, (byHost.get(key) ?? 0) + peer.waiting.length);
    }
    if (all > concurrency) this.#wrong(`${all} in flight, ${concurrency} allowed`);
    for (const [key, n] of byHost) {
      if (n > perHost) this.#wrong(`${n} in flight to ${key}, ${perHost} allowed`);
    }
  }

  #checkWire(): void {
    const written = new Map<string, number>();
    for (const line of this.network.sent) written.set(line, (written.get(line) ?? 0) + 1);
    for (const [line, times] of written) {
      if (times > 1) this.seen.add('again');
      const allowed = 1 + (this.#challenged.get(line) ?? 0);
      if (!isIdempotent(line.split(' ')[0]!) && times > allowed)
        this.#wrong(`${line} was sent ${times} times`);
    }
  }
}

interface Outcomes {
  readonly indices: Set<number>;
  added: number;
  readonly breaksAt: number;
}

/** Of the request with this number, wherever it was led. */
function bodyOf(url: string): string {
  const id = Number(/\/(\d+)(?:\/r)*$/.exec(url)?.[1]);
  return `<${id}>`.repeat(1 + ((id * 7919) % 40));
}
