// The application behind the servers of the gate, in a process of its own: it gives back what is posted, says what arrived
// of an upload, and counts how often each request arrived. Started by fork; ends when its parent does.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const ECHO_DELAY_MS = 10;
/** How often each id arrived, by run. */
const arrivals = new Map();

const server = createServer((request, response) => {
  const [, room, what, run, id] = request.url.split('/');
  if (room === 'echo') return echo(request, response);
  if (room === 'tally') return answer(response, JSON.stringify(tallyOf(what)));
  if (what === 'upload') return takeUpload(request, response);
  if (what === 'count' && id !== undefined) return count(request, response, run, id, 0);
  if (what === 'slow' && id !== undefined) return count(request, response, run, id, delayOf(id));
  response.statusCode = 404;
  answer(response, 'no such path\n');
});
// What closed a connection that a server is about to use again would be blamed on the client under test.
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.once('disconnect', () => process.exit());

/**
 * Late, because now and then Caddy closes on an application that answered before it knew that all of the request was sent
 * ("aborting with incomplete response").
 */
function echo(request, response) {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => setTimeout(() => response.end(Buffer.concat(pieces)), ECHO_DELAY_MS));
}

function takeUpload(request, response) {
  const hash = createHash('sha256');
  let octets = 0;
  request.on('data', (piece) => {
    octets += piece.length;
    hash.update(piece);
  });
  request.on('end', () => answer(response, JSON.stringify({ octets, sha256: hash.digest('hex') })));
}

/** So that many are always under way, and the answers come in another order than the requests. */
function delayOf(id) {
  return (Number(id) * 7) % 25;
}

/** Counted when it arrives, not when it is answered: what was sent twice counts twice, whatever became of it. */
function count(request, response, run, id, delayMs) {
  const ids = arrivals.get(run) ?? new Map();
  arrivals.set(run, ids.set(id, (ids.get(id) ?? 0) + 1));
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const text = `${request.method} ${id} ${Buffer.concat(pieces)}`;
    setTimeout(() => answer(response, text), delayMs);
  });
}

function tallyOf(run) {
  return Object.fromEntries(arrivals.get(run) ?? []);
}

function answer(response, text) {
  response.setHeader('Content-Type', 'text/plain');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
