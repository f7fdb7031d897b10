// Connections to a Unix socket: whatever the host, plain and with TLS.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { kindOf, type UnprovenEnd, wireMessage } from '../../src/transport/wire-errors.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { deadPort, eventually, IP4, proxyAt, wires } from './wire-log.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const GET = 'GET / HTTP/1.1\r\nHost: app.example\r\n\r\n';

const { connector, connect } = wires();

const folders: string[] = [];
const servers: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flurry-'));
  folders.push(folder);
  return join(folder, 's');
}

async function listen(path: string, serve: (socket: Socket) => void, secure = false): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((tcp) => {
    sockets.add(tcp);
    tcp.on('error', () => {});
    const socket = secure ? new TLSSocket(tcp, { isServer: true, ...LOCALHOST }) : tcp;
    socket.on('error', () => {});
    serve(socket);
  });
  servers.push({ server, sockets });
  server.listen(path);
  await once(server, 'listening');
}

describe('a Unix socket', () => {
  it('is connected to whatever the addresses and the proxy are, and octets go as they are written', async () => {
    const unixSocket = place();
    let written = '';
    await listen(unixSocket, (socket) => {
      socket.on('data', (bytes) => {
        written += bytes;
        socket.end(OK);
      });
    });
    const proxy = proxyAt(`http://127.0.0.1:${await deadPort()}`);
    for (const options of [{}, { addresses: [] }, { addresses: [IP4, IP4] }, { proxy }]) {
      written = '';
      const { wire, log } = connect(connector({ unixSocket }), 'http://app.example/', options);
      await log.open();
      expect(wire.remoteAddress).toBe(`unix:${unixSocket}`);
      wire.write(GET, undefined);
      await log.until(() => log.closed || log.events.includes('end'));
      expect([log.text, ...log.events]).toEqual([OK, 'connect', 'end']);
      expect(written).toBe(GET);
    }
  });

  it('carries TLS, whose certificate names the host', async () => {
    const unixSocket = place();
    await listen(unixSocket, (socket) => socket.on('data', () => socket.end(OK)), true);
    const tls = connector({ unixSocket, ca: LOCALHOST.cert });
    const { wire, log } = connect(tls, 'https://localhost/', { addresses: [] });
    await log.open(true);
    wire.write(GET, undefined);
    await log.until(() => log.closed);
    expect(log.text).toBe(OK);
    (log.error as UnprovenEnd).proveNext();
    const proven = connect(tls, 'https://localhost/', { addresses: [] });
    await proven.log.open(true);
    proven.wire.write(GET, undefined);
    await proven.log.until(() => proven.log.closed || proven.log.events.includes('end'));
    expect([proven.log.text, ...proven.log.events]).toEqual([OK, 'connect', 'secure', 'end']);
    const other = connect(tls, 'https://app.example/', { addresses: [] });
    await other.log.until(() => other.log.closed);
    expect(other.log.events).toEqual(['connect', 'close ERR_TLS_CERT_ALTNAME_INVALID']);
  });

  it('is let go of by destroy, where nothing can be reset', async () => {
    const unixSocket = place();
    let closed = false;
    await listen(unixSocket, (socket) =>
      socket.resume().on('close', () => {
        closed = true;
      }),
    );
    const { wire, log } = connect(connector({ unixSocket }), 'http://app.example/');
    await log.open();
    wire.destroy();
    await log.until(() => log.closed);
    expect(log.events).toEqual(['connect', 'close']);
    await eventually(() => closed);
  });

  it('that is not there is named', async () => {
    const unixSocket = place();
    const { log } = connect(connector({ unixSocket }), 'http://app.example/');
    await log.until(() => log.closed);
    expect(kindOf(log.error)).toBe('unreachable');
    expect(wireMessage('connect', 'unreachable', 'app.example', log.error)).toBe(
      `there is no Unix socket ${unixSocket} (--unix-socket); does its server run?`,
    );
  });
});
