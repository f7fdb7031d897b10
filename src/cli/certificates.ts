// The file of --cacert: certificates to trust, in PEM. Read and looked at before anything is sent, because OpenSSL takes
// what it cannot read for nothing at all, and then trusts nobody.

import { X509Certificate } from 'node:crypto';
import { usage } from './exit-codes.ts';
import { readText } from './input-files.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Throws Exit where it cannot be read, or holds no certificate, or a bad one. */
export function readCertificates(path: string): string {
  const pem = readText(path, '--cacert');
  const certificates = pem.match(CERTIFICATE);
  if (certificates === null) {
    throw usage(
      `${path} of --cacert holds no certificate in PEM; a DER file becomes one with: openssl x509 -inform der`,
    );
  }
  certificates.forEach((certificate, i) => {
    try {
      new X509Certificate(certificate);
    } catch {
      throw usage(`${path} of --cacert cannot be read: certificate ${i + 1} in it is damaged`);
    }
  });
  return pem;
}
