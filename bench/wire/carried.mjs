// What carried a client's requests: which version of HTTP, over how many connections, as the server's log tells. Only
// in the warm-up, because writing the log would be measured with everything else.

import { readFileSync, truncateSync } from 'node:fs';

const VERSIONS = { 1.1: 'HTTP/1.1', 2: 'HTTP/2.0' };

/** To be called before the client runs; what it returns gives the faults afterwards. */
export function watchCarried(log, { httpVersion, connections }) {
  truncateSync(log);
  return () => {
    const requests = new Map();
    for (const line of readFileSync(log, 'latin1').split('\n')) {
      if (line !== '') requests.set(line, (requests.get(line) ?? 0) + 1);
    }
    const versions = new Set([...requests.keys()].map((line) => line.split(' ')[1]));
    const isRight = versions.size === 1 && versions.has(VERSIONS[httpVersion]);
    if (isRight && requests.size === connections) return [];
    const seen = [...requests].slice(0, 5).map(([line, n]) => `${n} by ${line.split(' ')[1]}`);
    const wanted = `${VERSIONS[httpVersion]} over ${connections}`;
    const went = `${requests.size} (${seen.join(', ')}${requests.size > seen.length ? ', …' : ''})`;
    return [`in the warm-up its requests were to go by ${wanted}, but connections that carried any: ${went}`];
  };
}
