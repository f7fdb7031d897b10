// A run on fake wires in virtual time, and the peers at their other end, which answer as a script says.

import { RunCore } from '../../src/engine/run.ts';
import { SessionCore } from '../../src/engine/session-core.ts';
import { definitionOf, openSource, type SourceInput } from '../../src/engine/source-of.ts';
import type { World } from '../../src/engine/transport-of.ts';
import type { Sink } from '../../src/model/contracts.ts';
import { type RunOptions, resolveOptions } from '../../src/model/options.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { FakeResolver } from '../fake/resolver.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { FakeConnector, type FakeWire } from '../fake/wire.ts';

const START_MS = 1_000_000;

export interface Arrival {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  /** Its place among the requests of its connection, from 0. */
  readonly nth: number;
}

/** Answers one request and calls `peer.next()` when it has; nothing else is answered on that wire before. */
export type Script = (peer: Peer, arrival: Arrival) => void;

/** The far end of one wire. What it schedules comes to nothing once the wire is gone. */
export class Peer {
  readonly wire: FakeWire;
  readonly clock: VirtualClock;
  readonly waiting: Arrival[] = [];
  /** Requests that have arrived and are not answered. */
  answering = false;
  #closed = false;
  #ended = false;
  #read = 0;
  #served = 0;
  readonly #script: Script;

  constructor(wire: FakeWire, clock: VirtualClock, script: Script) {
    this.wire = wire;
    this.clock = clock;
    this.#script = script;
    wire.onWritten = () => this.#take();
    wire.onReleased = () => clock.after(1, () => this.#close(undefined));
  }

  get alive(): boolean {
    return !this.#closed && !this.#ended && (this.wire.state === 'open' || this.wire.state === 'connecting');
  }

  after(ms: number, call: () => void): void {
    this.clock.after(ms, () => {
      if (this.alive) call();
    });
  }

  /** In pieces, `gapMs` apart; then `call`. */
  send(pieces: readonly string[], gapMs: number, call: () => void = () => this.next()): void {
    const [first, ...rest] = pieces;
    if (first === undefined) return call();
    this.wire.receive(first);
    if (rest.length === 0) call();
    else this.after(gapMs, () => this.send(rest, gapMs, call));
  }

  /** The present request is answered. */
  next(): void {
    this.waiting.shift();
    this.answering = false;
    this.#serve();
  }

  finish(): void {
    if (!this.alive) return;
    this.#ended = true;
    this.wire.finish();
  }

  fail(error: Error): void {
    this.#close(error);
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.wire.close(error);
  }

  #take(): void {
    for (;;) {
      const rest = this.wire.written.slice(this.#read);
      const end = rest.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = rest.slice(0, end + 4);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (rest.length < head.length + length) return;
      this.#read += head.length + length;
      const [method = '', target = ''] = head.split(' ', 2);
      this.waiting.push({
        method,
        target,
        body: rest.slice(head.length, head.length + length),
        nth: this.#served++,
      });
      // What was just written arrives later, as on a network.
      this.after(1, () => this.#serve());
    }
  }

  #serve(): void {
    const arrival = this.waiting[0];
    if (arrival === undefined || this.answering || !this.alive) return;
    this.answering = true;
    this.#script(this, arrival);
  }
}

export function response(body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}

/** Answers with the target as body. */
export function echoAfter(ms: number): Script {
  return (peer, { target }) => peer.after(ms, () => peer.send([response(target)], 0));
}

export class ArraySink implements Sink {
  readonly outcomes: Outcome[] = [];
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  full = false;
  closes = 0;
  closeError: Error | undefined;
  onWrite: (outcome: Outcome) => void = () => {};

  write(outcome: Outcome): void {
    if (this.closes > 0) throw new Error(`${outcome} written after close`);
    this.outcomes.push(outcome);
    this.onWrite(outcome);
  }

  async close(): Promise<void> {
    this.closes++;
    if (this.closeError !== undefined) throw this.closeError;
  }

  get indices(): number[] {
    return this.outcomes.map((one) => one.index).sort((a, b) => a - b);
  }

  /** `3 /x` for a response, `3 phase/kind` for a failure, by index. */
  get short(): string[] {
    return [...this.outcomes]
      .sort((a, b) => a.index - b.index)
      .map((one) => `${one.index} ${one.type === 'response' ? one.text() : `${one.phase}/${one.kind}`}`);
  }
}

/** The world of a run: virtual time, fake wires, and a peer for each. */
export class Network implements World {
  readonly clock = new VirtualClock(START_MS);
  readonly connector = new FakeConnector();
  readonly resolver = new FakeResolver();
  readonly peers: Peer[] = [];
  /** Where the jitter of retries and pauses matters a test says what it is. */
  random: () => number = Math.random;
  script: Script;
  /** How long it takes to connect; what it throws ends the wire. */
  onConnect: (peer: Peer) => void = (peer) => peer.after(2, () => peer.wire.connect());

  constructor(script: Script = echoAfter(10)) {
    this.script = script;
    this.connector.onWire = (wire) => {
      const peer = new Peer(wire, this.clock, (...request) => this.script(...request));
      this.peers.push(peer);
      this.onConnect(peer);
    };
  }

  /** `GET /target` for all that was written, wire by wire. Bodies must hold no capitals. */
  get sent(): string[] {
    return this.connector.wires.flatMap(({ written }) =>
      [...written.matchAll(/([A-Z]+ \S+) HTTP\/1\.1\r\n/g)].map((match) => match[1]!),
    );
  }

  run<S extends Sink>(input: SourceInput, options: RunOptions, sink: S) {
    const settings = resolveOptions(options);
    const source = openSource(definitionOf(input), settings);
    const core = new RunCore(settings, source, sink, new SessionCore(settings, this));
    return { core, sink, clock: this.clock, network: this };
  }

  /** Lets time pass until the condition holds. Rejects when nothing is left that could make it hold. */
  async until(condition: () => boolean): Promise<void> {
    for (let turns = 0; !condition(); turns++) {
      // Promises and immediates of this moment come before time moves.
      await new Promise((resolve) => setImmediate(resolve));
      if (condition()) return;
      const inMs = this.clock.nextInMs;
      if (turns > 100_000 || (inMs === undefined && turns > 1000))
        throw new Error(`it never comes: ${this.clock}`);
      this.clock.advance(inMs ?? 0);
    }
  }

  /** Starts it and lets time pass until it has ended; gives back what broke it. */
  async end(core: RunCore): Promise<unknown> {
    let broke: unknown;
    core.done.catch((error) => {
      broke = error;
    });
    core.start();
    await this.until(() => core.state === 'ended');
    await core.done.catch(() => {});
    return broke;
  }
}

export function urls(n: number, hosts = 1): string[] {
  return Array.from({ length: n }, (_, i) => `http://h${i % hosts}.test/${i}`);
}

export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
