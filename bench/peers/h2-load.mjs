// h2load: the measure for HTTP/2. It looks at statuses, not at bodies, and checks no certificate.

/** The cipher that curl and Node agree on with the server; its own first choice is the one with the shorter key. */
const CIPHER = 'TLS_AES_256_GCM_SHA384';

export function command({ h2load, url, requests, concurrency, connections }) {
  const streams = String(Math.ceil(concurrency / connections));
  const amounts = ['-n', String(requests), '-c', String(connections), '-m', streams, '-t', '1'];
  return [h2load, ...amounts, `--tls13-ciphers=${CIPHER}`, `${url}/todos/1`];
}

/** `requests: 100 total, 100 started, 100 done, 100 succeeded, 0 failed, 0 errored, 0 timeout`, then statuses. */
export function read({ stdout }) {
  const done = Number(/^requests: .* (\d+) done,/m.exec(stdout)?.[1] ?? 0);
  const good = Number(/^status codes: (\d+) 2xx,/m.exec(stdout)?.[1] ?? 0);
  return { responses: good, errors: done - good };
}
