// A transport that speaks HTTP/2 to scripted peers on fake wires in virtual time. After each test that uses it, every
// peer is asked what the client did against the rules of RFC 9113.

import { afterEach, expect } from 'vitest';
import type { BodyReader, BodyStream } from '../../../src/model/body-stream.ts';
import type { ContentControl, ContentTaker } from '../../../src/model/contracts.ts';
import type { Kind } from '../../../src/model/outcome.ts';
import type { Request, RequestInput } from '../../../src/model/request.ts';
import type { ResponseHead } from '../../../src/model/response-head.ts';
import type { Settings } from '../../fake/client-rules.ts';
import { type Pair, Type } from '../../fake/frame-octets.ts';
import { FramePeer } from '../../fake/frame-peer.ts';
import { type Asked, FakeNetwork, type settingsOf } from '../fixture.ts';

export type Changes = Partial<ReturnType<typeof settingsOf>>;

export const STATUS_OK: readonly Pair[] = [[':status', '200']];
const networks: Http2Network[] = [];

afterEach(() => {
  const faults = networks.flatMap(({ peers }) => peers.flatMap((peer) => peer.faults));
  networks.length = 0;
  expect(faults).toEqual([]);
});

export class Http2Network extends FakeNetwork {
  /** One for each wire. */
  readonly peers: FramePeer[] = [];

  /** On http with prior knowledge, and on one connection, unless told otherwise. */
  constructor(changes: Changes = {}) {
    super({ httpVersion: '2', h2Connections: 1, ...changes });
    networks.push(this);
    this.connector.onWire = (wire) => {
      this.peers.push(new FramePeer(wire));
    };
  }

  /** Of the wire that was opened last. */
  get peer(): FramePeer {
    return this.peers.at(-1)!;
  }

  /** The turn ends, and what was written in it leaves. */
  turn(): void {
    this.clock.advance(0);
  }

  /** The wire that was opened last is up, and its peer has said its settings. */
  accept(settings: Settings = []): FramePeer {
    const { peer, wire } = this;
    wire.connect();
    if (wire.origin.scheme === 'https') wire.secure('h2');
    this.turn();
    peer.settings(settings);
    this.turn();
    return peer;
  }

  /** Sends it, and ends the turn. */
  ask(input: RequestInput, before?: (request: Request) => void): Asked {
    const asked = this.send(input, before);
    this.turn();
    return asked;
  }
}

/** Requests under way on one connection: the n-th, from 0, on stream 2n + 1. */
export interface Exchange {
  readonly net: Http2Network;
  readonly peer: FramePeer;
  readonly asked: readonly Asked[];
  /** The request of stream 1. */
  readonly first: Asked;
}

export function exchange(count = 1, changes: Changes = {}, settings: Settings = []): Exchange {
  const net = new Http2Network(changes);
  const asked = Array.from({ length: count }, (_, i) => net.send(`http://host/${i + 1}`));
  const peer = net.accept(settings);
  return { net, peer, asked, first: asked[0]! };
}

/** A POST on stream 1, whose body is longer than the windows of the peer. */
export function uploading(bytes = 100_000, settings: Settings = []): Exchange {
  const net = new Http2Network();
  const first = net.send({ url: 'http://host/up', method: 'POST', body: 'x'.repeat(bytes) });
  const peer = net.accept(settings);
  return { net, peer, asked: [first], first };
}

/** The connection is over, its peer knows why, and so do all of its requests (section 5.4.1). */
export function expectConnectionError(
  { net, peer, asked }: Exchange,
  code: number,
  kind: Kind = 'protocol',
): void {
  net.turn();
  expect(peer.goawayCode).toBe(code);
  expect(peer.framesOf(Type.GOAWAY)).toHaveLength(1);
  expect(peer.isOpen).toBe(false);
  for (const { failure } of asked) {
    expect(failure.kind).toBe(kind);
    expect(failure.sent).not.toBe('none');
    expect(failure.resend).toBe(false);
    expect(failure.message).toContain('host');
  }
}

/** The stream is over, and nothing else (section 5.4.2). */
export function expectStreamError(
  { net, peer, asked }: Exchange,
  streamId: number,
  code: number,
  kind: Kind = 'protocol',
): void {
  net.turn();
  expect(peer.framesOf(Type.RST_STREAM).map((one) => [one.streamId, one.payload.readUInt32BE(0)])).toEqual([
    [streamId, code],
  ]);
  expect(asked[(streamId - 1) / 2]!.failure.kind).toBe(kind);
  expectGoingOn({ net, peer });
}

/** Another request is answered on the same connection. */
export function expectGoingOn({ net, peer }: Pick<Exchange, 'net' | 'peer'>): void {
  const before = net.peers.length;
  const next = net.ask('http://host/next');
  expect([peer.goawayCode, peer.isOpen, net.peers.length]).toEqual([undefined, true, before]);
  const request = peer.requests.at(-1)!;
  expect(request.path).toBe('/next');
  peer.respond(request.streamId, 200, 'next');
  expect(next.short).toBe('200 next');
}

/** Takes content, and wants more as it is told. */
export class Taker implements ContentTaker {
  text = '';
  wants = true;
  control: ContentControl | undefined;

  onHead(_: Request, __: ResponseHead, control: ContentControl): boolean {
    this.control = control;
    return true;
  }

  onContent(bytes: Buffer, start: number, end: number): boolean {
    this.text += bytes.toString('latin1', start, end);
    return this.wants;
  }
}

/** A body that nothing comes of, unless told otherwise. */
export function bodyStream(told: Partial<BodyReader> & { readonly replayable?: boolean } = {}): BodyStream {
  const { replayable = false, read = () => {}, close = () => {} } = told;
  return { length: undefined, replayable, contentType: undefined, open: () => ({ read, close }) };
}

/** A body that fails at once, such as a stream that somebody else is reading. */
export const BROKEN: BodyStream = {
  ...bodyStream(),
  open() {
    throw new Error('it cannot be read');
  },
};

/** A POST to http://host or wherever, with such a body. */
export function post(net: FakeNetwork, url: string, stream: BodyStream): Asked {
  return net.send({ url, method: 'POST' }, (request) => {
    request.stream = stream;
  });
}
