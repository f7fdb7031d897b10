// The Pool that both clients of undici use: https://undici.nodejs.org/#/docs/api/Pool. A connection for each request at once;
// for HTTP/2, which it must be allowed, one for 100 streams, and `pipelining` is how many of them it uses
// (https://undici.nodejs.org/#/docs/api/Client). A connection for each stream cost a third more CPU at 60 at once, and two and
// a half times as much at 1,024.

import process from 'node:process';

const STREAMS = 100;

export function poolOptions({ concurrency }) {
  const protocol = process.argv[6];
  if (protocol !== 'h2') return { connections: concurrency };
  return { connections: Math.ceil(concurrency / STREAMS), pipelining: STREAMS, allowH2: true };
}
