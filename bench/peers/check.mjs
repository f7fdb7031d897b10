// node bench/peers/check.mjs [name …]: does each client of the table do what list.mjs says of it? Each sends 200 requests
// to a small server without TLS, with TLS, and with HTTP/2, 200 of which some fail in different ways, and 20 to a port where
// nothing listens. Measures nothing.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../wire/certificate.mjs';
import { PEERS } from './list.mjs';

const REQUESTS = 200;
const CONCURRENCY = 20;
const RUN_MS_MAX = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'flurry-check-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
const { certificate, key } = makeCertificate('openssl', folder);
const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
const seen = { versions: new Set(), atOnce: 0, atOnceMax: 0 };
const servers = {
  http: createServer(answer),
  https: createTlsServer(tls, answer),
  h2: createSecureServer({ ...tls, allowHTTP1: true }, answer),
};
const origins = {};
for (const [protocol, server] of Object.entries(servers)) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const scheme = protocol === 'http' ? 'http' : 'https';
  origins[protocol] = `${scheme}://127.0.0.1:${server.address().port}`;
}
const closed = `http://127.0.0.1:${await closedPort()}`;

let wrong = 0;
const names = process.argv.slice(2);
for (const peer of PEERS) {
  if (names.length > 0 && !names.includes(peer.name)) continue;
  const missing = peer.needs.filter(({ test }) => spawnSync(test.command, test.args).status !== 0);
  const version = spawnSync(peer.versions.command, peer.versions.args, { encoding: 'utf8' }).stdout?.trim();
  if (missing.length > 0) {
    console.log(
      `${peer.name.padEnd(18)} missing: ${missing.map(({ what, install }) => `${what} (${install})`)}`,
    );
    continue;
  }
  const faults = await faultsOf(peer);
  wrong += faults.length;
  console.log(`${peer.name.padEnd(18)} ${faults.length === 0 ? 'works' : 'WRONG'}   ${version}`);
  for (const fault of faults) console.log(`    ${fault}`);
}
process.exit(wrong === 0 ? 0 : 1);

async function faultsOf(peer) {
  const faults = [];
  for (const protocol of peer.protocols) {
    const told = await run(peer, `${origins[protocol]}/todos/`, REQUESTS, protocol);
    const right = isRight(peer, told, REQUESTS, 0, (REQUESTS * (REQUESTS + 1)) / 2);
    const version = protocol === 'h2' ? '2.0' : '1.1';
    if (!right || !seen.versions.has(version) || seen.versions.size > 1)
      faults.push(`${protocol}: ${told.text} over HTTP/${[...seen.versions]}`);
    const most = peer.sized ? CONCURRENCY : REQUESTS;
    if (seen.atOnceMax > most) faults.push(`${protocol}: ${seen.atOnceMax} at once`);
  }
  const [protocol] = peer.protocols;
  const some = await run(peer, `${origins[protocol]}/some/`, REQUESTS, protocol);
  const sum = Array.from({ length: REQUESTS }, (_, i) => i + 1).reduce(
    (s, n) => s + (n % 5 === 0 ? 0 : n),
    0,
  );
  if (!isRight(peer, some, REQUESTS, REQUESTS / 5, sum)) faults.push(`some fail: ${some.text}`);
  const none = await run(
    peer,
    `${protocol === 'http' ? closed : closed.replace('http', 'https')}/todos/`,
    20,
    protocol,
  );
  if (!isRight(peer, none, 20, 20, 0)) faults.push(`nothing listens: ${none.text}`);
  return faults;
}

/** Who asks for one URL all the time gets its answer all the time. */
function isRight(peer, told, requests, errors, sum) {
  if (!(told.ms >= 0)) return false;
  if (told.sum === null && peer.stopsItself)
    return errors === requests ? told.ok === 0 && told.errors > 0 : told.ok > 0;
  if (told.ok + told.errors !== requests) return false;
  if (told.sum === null && peer.floor) return errors === requests ? told.ok === 0 : told.ok > 0;
  return told.errors === errors && (told.sum === null || told.sum === sum);
}

function run(peer, url, requests, protocol) {
  seen.versions.clear();
  seen.atOnceMax = 0;
  const context = { url, from: 1, to: requests, concurrency: CONCURRENCY, ca: certificate, protocol };
  const { command, args, env } = peer.runs(context);
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (piece) => {
      stdout += piece;
    });
    child.stderr.on('data', (piece) => {
      stderr += piece;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), RUN_MS_MAX);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const line = stdout.trim().split('\n').at(-1);
      let told = {};
      try {
        told = JSON.parse(line);
      } catch {
        // Its text says what came instead.
      }
      resolve({ ...told, text: `${line} (ended with ${code ?? signal}) ${stderr.trim().slice(-500)}` });
    });
    child.once('error', (error) => resolve({ text: error.message }));
  });
}

/** /todos/<id> is right; of /some/<id> every tenth is a 500, and every tenth a connection that ends, or a stream. */
function answer(request, response) {
  seen.versions.add(request.httpVersion);
  seen.atOnce++;
  seen.atOnceMax = Math.max(seen.atOnceMax, seen.atOnce);
  const [, folder, id] = request.url.split('/');
  if (folder === 'some' && id % 10 === 5) {
    seen.atOnce--;
    if (request.stream?.close !== undefined && request.httpVersion === '2.0') request.stream.close(2);
    else request.socket.destroy();
    return;
  }
  // Later, or requests that are sent at once would not be seen to be.
  setTimeout(() => {
    seen.atOnce--;
    response.statusCode = folder === 'some' && id % 10 === 0 ? 500 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(`{"userId":1,"id":${id},"title":"delectus aut autem","completed":false}`);
  }, 2);
}

async function closedPort() {
  const server = createTcpServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
