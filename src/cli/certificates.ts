// The files of --cacert, --cert and --key, in PEM. Read and looked at before anything is sent, because OpenSSL takes
// what it cannot read for nothing at all, and then trusts nobody.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { usage } from './exit-codes.ts';
import { readText } from './input-files.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Throws Exit where it cannot be read, or holds no certificate, or a bad one. */
export function readCertificates(path: string, flag = '--cacert'): string {
  const pem = readText(path, flag);
  const certificates = pem.match(CERTIFICATE);
  if (certificates === null) {
    throw usage(
      `${path} of ${flag} holds no certificate in PEM; a DER file becomes one with: openssl x509 -inform der`,
    );
  }
  certificates.forEach((certificate, i) => {
    try {
      new X509Certificate(certificate);
    } catch {
      throw usage(`${path} of ${flag} cannot be read: certificate ${i + 1} in it is damaged`);
    }
  });
  return pem;
}

/** One's own certificate with its key, which may stand in one file. Throws Exit; no message holds what was read. */
export function readOwnCertificate(
  certFile: string,
  keyFile: string | undefined,
): { cert: string; key: string } {
  const cert = readCertificates(certFile, '--cert');
  const from = keyFile ?? certFile;
  const key = readText(from, keyFile === undefined ? '--cert' : '--key');
  let read: KeyObject;
  try {
    read = createPrivateKey(key);
  } catch {
    const advice = keyFile === undefined ? '; name its file with --key' : ', or one that needs a passphrase';
    throw usage(`${from} holds no private key in PEM${advice}`);
  }
  if (!new X509Certificate(cert).checkPrivateKey(read)) {
    throw usage(
      `the key in ${from} does not belong to the certificate in ${certFile}; give its own with --key`,
    );
  }
  return { cert, key };
}
