// The settings with what options only name put in its place: files, header lines, bodies, the environment's proxies.
// What a run does not use is not loaded.

import type { OptionName, Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';
import { withProxyEnvironment } from './proxy-options.ts';
import type { RunWords } from './run-flags.ts';
import type { Surroundings } from './surroundings.ts';

/** What needs more than a look to be put in its place. */
const OF_REQUESTS: readonly OptionName[] = [
  ...(['header', 'referer', 'head', 'get', 'data', 'dataRaw', 'dataBinary', 'dataUrlencode'] as const),
  ...(['json', 'formField', 'formString', 'uploadFile'] as const),
];

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

/** Throws Exit. Where there are no URLs, standard input is the list of them. */
export async function completed(
  settings: Settings,
  { urls, order }: Pick<RunWords, 'urls' | 'order'>,
  around: Surroundings,
): Promise<Settings> {
  const { cacert, input } = settings;
  let complete = withProxyEnvironment(settings, around.env);
  if (settings.user?.startsWith('@') || settings.bearer?.startsWith('@')) {
    const { withSecretFiles } = await import('./secret-files.ts');
    complete = withSecretFiles(complete);
  }
  if (OF_REQUESTS.some((name) => isGiven(settings[name]))) {
    const { withRequestOptions } = await import('./request-options.ts');
    const listOnStdin = input === '-' || (input === undefined && urls.length === 0);
    const openStdin = () => stdinOf(listOnStdin, around);
    complete = await withRequestOptions(complete, () => readAll(openStdin()), { order, openStdin });
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

function stdinOf(listOnStdin: boolean, { stdin }: Surroundings): AsyncIterable<Uint8Array> {
  if (!listOnStdin) return stdin;
  throw usage('standard input is the list of URLs and cannot be the body (@-) too; give one as a file');
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}
