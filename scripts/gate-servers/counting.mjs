// Requests that are counted where they arrive: by the application behind a server, or out of what nghttpd prints.

import { request } from './manifest.mjs';
import { sha256 } from './site.mjs';

const FILE_BYTES = 66;

/**
 * Both give `caseOf(run, i, method, isSlow)`, one request; `tally(run)`, how often each arrived; and `connections(run)`,
 * over how many connections, or undefined where the responses say it (X-Client-Port).
 */
export function countedByApplication({ tally }) {
  const caseOf = (run, i, method, isSlow) => {
    const path = `/app/${isSlow ? 'slow' : 'count'}/${run}/${i}`;
    const body = method === 'POST' ? bodyOf(i) : undefined;
    return request(method, path, {}, { status: 200, text: `${method} ${i} ${body ?? ''}` }, body);
  };
  return { caseOf, tally, connections: () => undefined };
}

/** `nghttpd -v` names connection and path of each request. It gives back what is posted, to any path. */
export function countedByLog(site) {
  const runs = new Map();
  const file = site.files.find((one) => one.size === FILE_BYTES);
  const logOf = (run) => {
    const log = runs.get(run) ?? { arrivals: new Map(), connections: new Set() };
    runs.set(run, log);
    return log;
  };
  let starts = 0;
  const onLine = (line) => {
    // Each process counts its connections from one.
    if (line.startsWith('IPv4: listen')) starts++;
    const [, connection, run, id] = /^\[(id=\d+)\].* :path: \S*count\/([^/]+)\/(\d+)$/.exec(line) ?? [];
    if (connection === undefined) return;
    const { arrivals, connections } = logOf(run);
    arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
    connections.add(`${starts} ${connection}`);
  };
  const caseOf = (run, i, method) => {
    const path = `${file.path}?count/${run}/${i}`;
    if (method === 'GET') return request(method, path, {}, { status: 200, body: file.sha256 });
    const body = bodyOf(i);
    return request(method, path, {}, { status: 200, body: sha256(body) }, body);
  };
  return {
    caseOf,
    tally: async (run) => logOf(run).arrivals,
    connections: (run) => logOf(run).connections.size,
    watch: { stdout: byLine(onLine) },
  };
}

/** Of some octets to some thousands. */
function bodyOf(i) {
  return `order ${i}, `.repeat(1 + (i % 300));
}

function byLine(onLine) {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const line of lines) onLine(line);
  };
}
