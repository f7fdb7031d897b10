// The contract of a transport over HTTP/2: on fake wires in virtual time, with prior knowledge and by ALPN, and on real
// sockets over TLS, where node:http2 is the peer.

import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { expect } from 'vitest';
import { HttpTransport } from '../../src/transport/http-transport.ts';
import { type PeerPath, type TransportUnderTest, transportContract } from '../contract/transport.ts';
import { Code } from '../fake/frame-octets.ts';
import { FramePeer, type PeerRequest } from '../fake/frame-peer.ts';
import { FakeResolver } from '../fake/resolver.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { FakeConnector, type FakeWire, systemError } from '../fake/wire.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { RawServer } from '../server/raw-server.ts';
import { settingsOf } from './fixture.ts';
import { realTransport } from './real.ts';

const UNTIL_TURNS_MAX = 20_000;
const GARBAGE = 'hello, this is no HTTP\r\n';

// ── on fake wires ───────────────────────────────────────────────────────────────────────────────────────────

/** One connection of a peer that does as PEER_PATHS says. */
class PlayingPeer {
  readonly peer: FramePeer;
  unanswered = 0;
  readonly #wire: FakeWire;
  readonly #clock: VirtualClock;
  #seen = 0;
  #isLeaving = false;

  constructor(wire: FakeWire, clock: VirtualClock) {
    this.#wire = wire;
    this.#clock = clock;
    this.peer = new FramePeer(wire);
    const { onWritten } = wire;
    wire.onWritten = () => {
      onWritten!();
      this.#take();
    };
    this.#later(() => this.#open());
  }

  #later(call: () => void): void {
    this.#clock.after(1, () => {
      if (this.#wire.state === 'connecting' || this.#wire.state === 'open') call();
    });
  }

  #open(): void {
    if (this.#wire.origin.host === 'nobody') return this.#wire.close(systemError('ECONNREFUSED'));
    this.#wire.connect();
    if (this.#wire.origin.scheme === 'https') this.#wire.secure('h2');
    this.#later(() => this.peer.settings());
  }

  #take(): void {
    const { requests } = this.peer;
    for (; this.#seen < requests.length; this.#seen++) {
      const request = requests[this.#seen]!;
      // What comes behind its GOAWAY is not looked at (RFC 9113 section 6.8).
      this.#later(() => {
        if (!this.#isLeaving) this.#play(request);
      });
    }
  }

  #play({ path, streamId }: PeerRequest): void {
    const [name, query = ''] = path.split('?') as [PeerPath, string?];
    const { peer } = this;
    if (name === '/ok') peer.respond(streamId, 200, decodeURIComponent(query));
    else if (name === '/missing') peer.respond(streamId, 404, 'no');
    else if (name === '/last') {
      peer.respond(streamId, 200, query);
      peer.goaway(streamId, Code.NO_ERROR);
      this.#isLeaving = true;
    } else if (name === '/cut') {
      peer.headers(streamId, [
        [':status', '200'],
        ['content-length', '4'],
      ]);
      peer.data(streamId, 'ha');
      this.#wire.finish();
    } else if (name === '/reset') this.#wire.reset();
    else if (name === '/garbage') peer.octets(GARBAGE);
    else this.unanswered++;
  }
}

async function fakeWorld(scheme: 'http' | 'https'): Promise<TransportUnderTest> {
  const clock = new VirtualClock(1000);
  const connector = new FakeConnector();
  const httpVersion = scheme === 'http' ? '2' : 'auto';
  const transport = new HttpTransport(settingsOf({ httpVersion }), clock, connector, new FakeResolver());
  const peers: PlayingPeer[] = [];
  connector.onWire = (wire) => peers.push(new PlayingPeer(wire, clock));
  return {
    transport,
    base: `${scheme}://peer`,
    nobody: `${scheme}://nobody`,
    shares: true,
    async until(condition) {
      for (let turns = 0; !condition(); turns++) {
        if (turns > UNTIL_TURNS_MAX) throw new Error(`it never came to that: ${transport}`);
        clock.advance(1);
      }
    },
    open: () => connector.held.length,
    unanswered: () => peers.reduce((sum, one) => sum + one.unanswered, 0),
    async close() {
      expect(peers.flatMap(({ peer }) => peer.faults)).toEqual([]);
    },
  };
}

// ── on real sockets ─────────────────────────────────────────────────────────────────────────────────────────

/** The octets of a TLS connection, so that a test may add its own between those of node:http2. */
class Octets extends Duplex {
  readonly tls: TLSSocket;
  readonly tcp: Socket;

  constructor(tcp: Socket) {
    super();
    this.tcp = tcp;
    this.tls = new TLSSocket(tcp, { isServer: true, ...LOCALHOST, ALPNProtocols: ['h2'] });
    this.tls.on('data', (octets) => this.push(octets));
    this.tls.on('end', () => this.push(null));
    this.tls.on('close', () => this.destroy());
    for (const one of [tcp, this.tls, this]) one.on('error', () => {});
  }

  override _read(): void {}

  override _write(octets: Buffer, _: BufferEncoding, done: () => void): void {
    this.tls.write(octets, () => done());
  }

  override _final(done: () => void): void {
    this.tls.end(done);
  }

  override _destroy(_: Error | null, done: () => void): void {
    this.tls.destroy();
    done();
  }
}

/** A server of node:http2 that does as PEER_PATHS says, and its connections. */
class NodePeer {
  unanswered = 0;
  readonly #server = createServer({ noDelay: true }, (tcp) => this.#accept(tcp));
  readonly #open = new Set<Socket>();

  static async open(): Promise<NodePeer> {
    const peer = new NodePeer();
    peer.#server.listen(0, '127.0.0.1');
    await once(peer.#server, 'listening');
    return peer;
  }

  get base(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#open.size;
  }

  async close(): Promise<void> {
    for (const tcp of this.#open) tcp.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(tcp: Socket): void {
    this.#open.add(tcp);
    tcp.on('close', () => this.#open.delete(tcp));
    const octets = new Octets(tcp);
    const http2 = createHttp2Server();
    http2.on('sessionError', () => {});
    http2.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      this.#play(octets, stream, headers[':path']!);
    });
    octets.tls.once('secure', () => http2.emit('connection', octets));
  }

  #play({ tcp, tls }: Octets, stream: ServerHttp2Stream, path: string): void {
    const [name, query = ''] = path.split('?') as [PeerPath, string?];
    if (name === '/silent') this.unanswered++;
    else if (name === '/reset') tcp.resetAndDestroy();
    else if (name === '/garbage') tls.write(GARBAGE);
    else if (name === '/cut') {
      stream.respond({ ':status': 200, 'content-length': 4 });
      stream.write('ha', () => tls.end());
    } else {
      stream.respond({ ':status': name === '/missing' ? 404 : 200 });
      stream.end(name === '/missing' ? 'no' : decodeURIComponent(query));
      // Answers what has come, and says GOAWAY.
      if (name === '/last') stream.on('close', () => stream.session?.close());
    }
  }
}

async function realWorld(): Promise<TransportUnderTest> {
  const peer = await NodePeer.open();
  const vacant = await RawServer.open(() => {}, { tls: LOCALHOST });
  const nobody = vacant.url('');
  await vacant.close();
  return {
    transport: realTransport({ tls: { ca: LOCALHOST.cert } }),
    base: peer.base,
    nobody,
    shares: true,
    async until(condition) {
      while (!condition()) await new Promise(setImmediate);
    },
    open: () => peer.connections,
    unanswered: () => peer.unanswered,
    close: () => peer.close(),
  };
}

transportContract('HttpTransport over HTTP/2 with prior knowledge', () => fakeWorld('http'));
transportContract('HttpTransport over HTTP/2 by ALPN', () => fakeWorld('https'));
transportContract('HttpTransport over HTTP/2 on TLS', realWorld);
