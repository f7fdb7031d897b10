// Everything that nginx needs before it is started: its configuration, a certificate, and the files it hands out, all
// in a folder of its own. Starts nothing.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from './certificate.mjs';
import { writeLarge } from './large.mjs';
import { writeList } from './list.mjs';

/**
 * Resolves to `home`, the folder; `conf`, what nginx is started with; `files`, the bodies on disk; `url`; with an
 * openssl also `tlsUrl` and the `certificate` to trust; with `http2` besides `http2Url`, `loggedUrl`, which does the
 * same, and `carriedLog`, a line of `$connection $server_protocol` for each request that came there.
 */
export async function prepareNginx({ openssl, http2 }, folder, freePort) {
  const home = join(folder, 'nginx');
  mkdirSync(home, { recursive: true });
  // Its worker is somebody else where this runs as root, and has files to read.
  chmodSync(folder, 0o755);
  const write = (name, values) => writeFilled(home, name, { FOLDER: home, ...values });
  const port = await freePort();
  write('answers');
  const conf = write('', { PORT: port });
  const files = { list: writeList(home), large: writeLarge(home) };
  const places = { home, conf, files, url: `http://127.0.0.1:${port}` };
  if (openssl === undefined) return places;
  const { certificate, key } = makeCertificate(openssl, home);
  const tlsPort = await freePort();
  write('tls', { TLS_PORT: tlsPort, CERTIFICATE: certificate, KEY: key });
  const tls = { tlsUrl: `https://127.0.0.1:${tlsPort}`, certificate };
  return { ...places, ...tls, ...(http2 ? await prepareHttp2(home, write, freePort) : {}) };
}

async function prepareHttp2(home, write, freePort) {
  const port = await freePort();
  const loggedPort = await freePort();
  write('http2', { HTTP2_PORT: port, LOGGED_PORT: loggedPort });
  return {
    http2Url: `https://127.0.0.1:${port}`,
    loggedUrl: `https://127.0.0.1:${loggedPort}`,
    carriedLog: join(home, 'carried.log'),
  };
}

/** nginx-<name>.conf.template becomes <name>.conf; without a name it is the one that includes the others. */
function writeFilled(home, name, values) {
  const template = new URL(`nginx${name && `-${name}`}.conf.template`, import.meta.url);
  const text = readFileSync(template, 'utf8').replace(/@([A-Z0-9_]+)@/g, (_, key) => values[key]);
  const path = join(home, `${name || 'nginx'}.conf`);
  writeFileSync(path, text);
  return path;
}
