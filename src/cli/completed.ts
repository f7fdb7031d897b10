// The settings with what options only name put in its place: files, header lines, bodies, the environment's proxies.
// What a run does not use is not loaded.

import type { Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';
import { withProxyEnvironment } from './proxy-options.ts';
import type { Surroundings } from './surroundings.ts';

/** Throws Exit. `urls`: where there are none, standard input is the list of them. */
export async function completed(
  settings: Settings,
  urls: readonly string[],
  around: Surroundings,
): Promise<Settings> {
  const { header, data, json, cacert, input } = settings;
  let complete = withProxyEnvironment(settings, around.env);
  if (settings.user?.startsWith('@') || settings.bearer?.startsWith('@')) {
    const { withSecretFiles } = await import('./secret-files.ts');
    complete = withSecretFiles(complete);
  }
  if (header.length > 0 || data.length > 0 || json !== undefined) {
    const { withRequestOptions } = await import('./request-options.ts');
    const listOnStdin = input === '-' || (input === undefined && urls.length === 0);
    complete = await withRequestOptions(complete, () => readStdin(listOnStdin, around));
  }
  if (settings.cookie !== undefined || settings.cookieJar !== undefined) {
    const { withCookies } = await import('./cookie-files.ts');
    complete = withCookies(complete);
  }
  if (settings.netrcFile !== undefined) {
    const { readNetrc } = await import('./netrc-file.ts');
    complete = { ...complete, netrc: readNetrc(settings.netrcFile) };
  }
  const { certFile, keyFile } = settings;
  if (keyFile !== undefined && certFile === undefined) throw usage('--key is the key of --cert; give both');
  if (certFile !== undefined) {
    const { readOwnCertificate } = await import('./certificates.ts');
    complete = { ...complete, ...readOwnCertificate(certFile, keyFile) };
  }
  if (cacert !== undefined) {
    const { readCertificates } = await import('./certificates.ts');
    complete = { ...complete, ca: readCertificates(cacert) };
  }
  return complete;
}

async function readStdin(listOnStdin: boolean, { stdin }: Surroundings): Promise<Buffer> {
  if (listOnStdin)
    throw usage('standard input is the list of URLs and cannot be the body (@-) too; give one as a file');
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}
