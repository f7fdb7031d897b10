// A certificate for 127.0.0.1 that signs itself, for two days, made with openssl.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const NEW = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1';

/** Paths of both, below `folder`. */
export function makeCertificate(openssl, folder) {
  const paths = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  const args = [
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-keyout',
    paths.key,
    '-out',
    paths.certificate,
  ];
  const { status, stderr } = spawnSync(openssl, [...NEW.split(' '), ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl makes no certificate: ${stderr.trim()}`);
  return paths;
}
