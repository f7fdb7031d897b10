// The server that torture sends to, a process of its own: it counts every request that arrives, by index and by life of
// the client, and answers after 0 to 5 ms with a body that only this index of this seed has. Speaks as much HTTP/1.1 as
// that takes, so that it is never the slower side.
//
//   parent: { life: { seed, slow, padding, requests } }  a client is about to start; answers { ready }
//   parent: { tellAt: n }                                answers { told } when n requests of this life have arrived
//   parent: { end }                                      the client has ended; answers { arrivals, others } when all of
//                                                        its connections are gone, whatever they still held

import { createServer } from 'node:net';
import { Random } from '../gate-servers/random.mjs';
import { contentOf } from './content.mjs';

const DELAY_MS_MAX = 5;
/** Of the few that hold up the rest of an ordered output. */
const SLOW_MS = 400;

const sockets = new Set();
let life;
let onGone;

const server = createServer((socket) => {
  sockets.add(socket);
  socket.setNoDelay(true);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
    for (let end = lengthOf(text); end > 0; end = lengthOf(text)) {
      arrived(socket, text.slice(0, end));
      text = text.slice(end);
    }
  });
  // Killed clients reset their connections.
  socket.on('error', () => {});
  socket.on('close', () => {
    sockets.delete(socket);
    if (sockets.size === 0) onGone?.();
  });
});

/** Of the first whole request; 0 where there is none yet. */
function lengthOf(text) {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const body = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head));
  const length = head + 4 + Number(body?.[1] ?? 0);
  return text.length < length ? 0 : length;
}

function arrived(socket, request) {
  const [, method, path] = /^([A-Z]+) \/n\/(\d+) /.exec(request) ?? [];
  const index = Number(path);
  if (method === undefined || index >= life.requests) {
    life.others++;
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  life.arrivals[index]++;
  life.count++;
  if (life.count === life.tellAt) process.send({ told: life.count });
  const delay = life.slow && index % 400 === 200 ? SLOW_MS : life.random.between(0, DELAY_MS_MAX);
  const { status, body } = contentOf(life.seed, index, life.padding);
  const head = `HTTP/1.1 ${status} OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  setTimeout(() => {
    if (!socket.destroyed) socket.write(head + body);
  }, delay);
}

process.on('message', (message) => {
  if (message.life !== undefined) {
    const { seed, requests } = message.life;
    const random = new Random(seed);
    life = { ...message.life, random, arrivals: new Uint16Array(requests), count: 0, others: 0, tellAt: -1 };
    process.send({ ready: true });
  } else if (message.tellAt !== undefined) {
    life.tellAt = message.tellAt;
    if (life.count >= life.tellAt) process.send({ told: life.count });
  } else {
    onGone = () => {
      onGone = undefined;
      process.send({ arrivals: life.arrivals, others: life.others });
    };
    if (sockets.size === 0) onGone();
  }
});
process.on('disconnect', () => process.exit());

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
