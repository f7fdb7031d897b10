// curl: the measure for large bodies. One process that fetches one after the other over one connection, which costs it
// no more than several at once, and throws the bodies away.

import { LARGE_BYTES } from '../wire/large.mjs';

export function command({ curl, url, requests, httpVersion, certificate }) {
  const what = ['--cacert', certificate, '-o', '/dev/null', '-w', '%{http_code} %{size_download}\\n'];
  return [curl, '-sS', `--http${httpVersion}`, ...what, `${url}/large/[1-${requests}]`];
}

export function read({ stdout }) {
  const told = stdout.trim().split('\n');
  const responses = told.filter((line) => line === `200 ${LARGE_BYTES}`).length;
  return { responses, errors: told.length - responses };
}
