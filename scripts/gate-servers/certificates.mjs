// A certificate authority of one run and a certificate for this machine, made with openssl in a temporary folder.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const NAMES = 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n';

/** `both`: key and certificate in one file, as HAProxy wants them. */
export function makeCertificates(folder) {
  const home = join(folder, 'tls');
  mkdirSync(home, { recursive: true });
  const at = (name) => join(home, name);
  writeFileSync(at('names.cnf'), NAMES);
  const ca = ['-subj', '/CN=flurry gate authority', '-keyout', at('ca.key'), '-out', at('ca.pem')];
  const leaf = ['-subj', '/CN=flurry gate', '-keyout', at('server.key'), '-out', at('server.csr')];
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-out', at('server.pem')];
  openssl(['req', '-x509', '-days', '2', ...CURVE, ...ca]);
  openssl(['req', ...CURVE, ...leaf]);
  openssl(['x509', '-req', '-days', '2', '-in', at('server.csr'), '-extfile', at('names.cnf'), ...signed]);
  const text = (name) => readFileSync(at(name), 'utf8');
  writeFileSync(at('both.pem'), text('server.pem') + text('server.key'));
  // The servers run as somebody else where the gate runs as root; the key lives as long as the run.
  for (const name of ['server.key', 'both.pem']) chmodSync(at(name), 0o644);
  return { ca: text('ca.pem'), cert: at('server.pem'), key: at('server.key'), both: at('both.pem') };
}

function openssl(args) {
  const { status, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error('openssl is missing: apt-get install -y openssl');
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr.trim()}`);
}
