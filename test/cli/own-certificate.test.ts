// The files of --cert and --key: read and looked at before anything is sent.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readOwnCertificate } from '../../src/cli/certificates.ts';
import { ELSEWHERE } from '../server/certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-own-certificate-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

it('may be one file or two', () => {
  const both = file('both.pem', `${ELSEWHERE.cert}\n${ELSEWHERE.key}\n`);
  expect(readOwnCertificate(both, undefined).key).toContain('PRIVATE KEY');
  const [cert, key] = [file('cert.pem', ELSEWHERE.cert), file('key.pem', ELSEWHERE.key)];
  expect(readOwnCertificate(cert, key)).toEqual({ cert: ELSEWHERE.cert, key: ELSEWHERE.key });
});

it('say what is missing, and show nothing of what was read', () => {
  const cert = file('alone.pem', ELSEWHERE.cert);
  const none = file('none.pem', 'secret words');
  expect(() => readOwnCertificate(cert, undefined)).toThrow(
    `${cert} holds no private key in PEM; name its file with --key`,
  );
  expect(() => readOwnCertificate(cert, none)).toThrow(
    `${none} holds no private key in PEM, or one that needs a passphrase`,
  );
  expect(() => readOwnCertificate(none, undefined)).toThrow(`${none} of --cert holds no certificate in PEM`);
  expect(() => readOwnCertificate(join(folder, 'nowhere'), undefined)).toThrow(/nowhere of --cert/);
});
