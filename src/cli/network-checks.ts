// What of TLS and addresses cannot work with any request: found out before the first one. It sends nothing and connects
// to nothing.

import { statSync } from 'node:fs';
import { createServer, isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';

type Checked = Pick<Settings, 'ciphers' | 'localAddresses' | 'unixSocket'>;

/** Throws Exit. What is no address at all, the session refuses. */
export async function checkNetwork({ ciphers, localAddresses, unixSocket }: Checked): Promise<void> {
  if (unixSocket !== undefined) checkSocket(unixSocket);
  if (ciphers !== undefined) checkCiphers(ciphers);
  const addresses = localAddresses.flatMap((text) => text.split(',').map((part) => part.trim()));
  for (const address of addresses) if (isIP(address) !== 0) await checkAddress(address);
}

function checkSocket(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw usage(`there is no socket at ${path} (--unix-socket); does its server run?`);
  if (!found.isSocket())
    throw usage(`${path} is no socket; --unix-socket takes the path a server listens on`);
}

function checkCiphers(ciphers: string): void {
  try {
    createSecureContext({ ciphers });
  } catch {
    throw usage(
      `--ciphers takes names as OpenSSL lists them, with : between (openssl ciphers shows all), not ${JSON.stringify(ciphers)}`,
    );
  }
}

/** Only the system knows: 127.0.0.2 can be bound and is in no list of interfaces. */
function checkAddress(address: string): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRNOTAVAIL') return resolve();
      reject(
        usage(`this machine has no address ${address} to connect from (--interface); ip address shows all`),
      );
    });
    server.listen({ host: address, port: 0, exclusive: true }, () => server.close(() => resolve()));
  });
}
