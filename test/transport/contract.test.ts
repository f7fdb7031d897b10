// The contract of a transport over fake wires in virtual time, over real sockets and over TLS: HTTP/1.1. What the peers
// of HTTP/2 do is in contract-http2.test.ts.

import { HttpTransport } from '../../src/transport/http-transport.ts';
import { type PeerPath, type TransportUnderTest, transportContract } from '../contract/transport.ts';
import { FakeResolver } from '../fake/resolver.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { FakeConnector, type FakeWire, systemError } from '../fake/wire.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { type RawPeer, RawServer } from '../server/raw-server.ts';
import { settingsOf } from './fixture.ts';
import { type RealOptions, realTransport } from './real.ts';

const UNTIL_TURNS_MAX = 20_000;

/** What the peer sends for a path: octets and how it goes on. */
function answer(target: string): { octets: string; next: 'keep' | 'end' | 'reset' | 'silence' } {
  const [path, query = ''] = target.split('?') as [PeerPath, string?];
  const text = (status: string, body: string, more = '') =>
    `HTTP/1.1 ${status}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
  switch (path) {
    case '/ok':
      return { octets: text('200 OK', decodeURIComponent(query)), next: 'keep' };
    case '/missing':
      return { octets: text('404 Not Found', 'no'), next: 'keep' };
    case '/last':
      return { octets: text('200 OK', query, 'Connection: close\r\n'), next: 'end' };
    case '/cut':
      return { octets: text('200 OK', 'half').slice(0, -2), next: 'end' };
    case '/reset':
      return { octets: '', next: 'reset' };
    case '/garbage':
      return { octets: 'hello, this is no HTTP\r\n', next: 'end' };
    case '/silent':
      return { octets: '', next: 'silence' };
  }
}

async function fakeWorld(): Promise<TransportUnderTest> {
  const clock = new VirtualClock(1000);
  const connector = new FakeConnector();
  const transport = new HttpTransport(settingsOf(), clock, connector, new FakeResolver());
  let unanswered = 0;
  connector.onWire = (wire) => play(wire, clock, () => unanswered++);
  return {
    transport,
    base: 'http://peer',
    nobody: 'http://nobody',
    async until(condition) {
      for (let turns = 0; !condition(); turns++) {
        if (turns > UNTIL_TURNS_MAX) throw new Error(`it never came to that: ${transport}`);
        clock.advance(1);
      }
    },
    open: () => connector.held.length,
    unanswered: () => unanswered,
    close: () => Promise.resolve(),
  };
}

function play(wire: FakeWire, clock: VirtualClock, onSilence: () => void): void {
  const later = (call: () => void) =>
    clock.after(1, () => {
      if (wire.state === 'connecting' || wire.state === 'open') call();
    });
  if (wire.origin.host === 'nobody') {
    later(() => wire.close(systemError('ECONNREFUSED')));
    return;
  }
  later(() => wire.connect());
  let seen = 0;
  wire.onWritten = () => {
    const targets = wire.written.slice(seen).match(/(?<=^GET )\S+/gm) ?? [];
    seen = wire.written.length;
    for (const target of targets) {
      const { octets, next } = answer(target);
      if (octets !== '') later(() => wire.receive(octets));
      if (next === 'end') later(() => wire.finish());
      if (next === 'reset') later(() => wire.reset());
      if (next === 'silence') onSilence();
    }
  };
}

async function realWorld(options: RealOptions, tls = false): Promise<TransportUnderTest> {
  const script = (peer: RawPeer, { target }: { target: string }) => {
    const { octets, next } = answer(target);
    if (next === 'end') peer.end(octets);
    else if (next === 'reset') peer.reset();
    else if (octets !== '') peer.send(octets);
  };
  const server = await RawServer.open(script, tls ? { tls: LOCALHOST } : {});
  const vacant = await RawServer.open(() => {});
  const nobody = vacant.url('');
  await vacant.close();
  return {
    transport: realTransport(options),
    base: server.url(''),
    nobody,
    async until(condition) {
      while (!condition()) await new Promise(setImmediate);
    },
    open: () => server.open,
    unanswered: () => server.arrivals.filter(({ target }) => target.startsWith('/silent')).length,
    close: () => server.close(),
  };
}

transportContract('HttpTransport on fake wires', fakeWorld);
transportContract('HttpTransport on sockets', () => realWorld({}));
transportContract('HttpTransport on TLS', () => realWorld({ tls: { ca: LOCALHOST.cert } }, true));
