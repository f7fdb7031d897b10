// node:http2 as its documentation uses it: a session for each connection, a stream for each request, events. Measured
// beside it and no cheaper: `setEncoding` and strings in place of Buffers, `readable` in place of `data`, `close` in
// place of `end`; with every pseudo-header given it costs a tenth more.

import { connect } from 'node:http2';

export function run({ url, requests, concurrency, connections }) {
  return new Promise((resolve) => {
    const counts = { responses: 0, errors: 0, idSum: 0 };
    const sessions = Array.from({ length: connections }, () => connect(url));
    let sent = 0;
    const settled = () => {
      if (counts.responses + counts.errors < requests) return;
      for (const session of sessions) session.close();
      resolve(counts);
    };
    const next = (session) => {
      if (sent === requests) return;
      sent++;
      ask(session, `/todos/${sent}`, (id) => {
        if (id === undefined) counts.errors++;
        else {
          counts.responses++;
          counts.idSum += id;
        }
        settled();
        next(session);
      });
    };
    for (let i = 0; i < concurrency; i++) next(sessions[i % connections]);
  });
}

/** `done` hears once: the id in the body, or undefined for a bad status or an error. */
function ask(session, path, done) {
  const stream = session.request({ ':path': path });
  let status;
  let body;
  stream.on('response', (headers) => {
    status = headers[':status'];
  });
  stream.on('data', (chunk) => {
    body = body === undefined ? chunk : Buffer.concat([body, chunk]);
  });
  stream.on('end', () => done(status === 200 ? JSON.parse(body.toString()).id : undefined));
  // No `end` comes after it.
  stream.on('error', () => done(undefined));
}
