// What a plain GET costs by session.fetch beyond session.get, beside Node's own fetch, against one raw server in a process
// of its own: processor time of this process per call, everything included.
// And what reading the arguments by hand saves over the platform's Request class.
// Run after a build: node bench/micro/fetch.mjs [rounds] [calls].

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const BODY = '{"userId":1,"id":1,"title":"delectus aut autem","completed":false}';
const ANSWER =
  'HTTP/1.1 200 OK\r\nServer: raw\r\nDate: Sat, 22 Nov 2025 19:00:00 GMT\r\nContent-Type: application/json\r\n' +
  `Content-Length: ${BODY.length}\r\nConnection: keep-alive\r\n\r\n${BODY}`;

if (process.argv[2] === 'serve') {
  const server = createServer((socket) => {
    let rest = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const parts = (rest + bytes.toString('latin1')).split('\r\n\r\n');
      rest = parts.pop();
      if (parts.length > 0) socket.write(ANSWER.repeat(parts.length));
    });
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit());
} else await measure();

async function measure() {
  const { Session } = await import('../../build/index.js');
  const { askedOf } = await import('../../build/engine/fetch/asked.js');
  const rounds = Number(process.argv[2] ?? 9);
  const calls = Number(process.argv[3] ?? 4000);
  const server = fork(new URL(import.meta.url), ['serve']);
  const [port] = await once(server, 'message');
  const url = `http://127.0.0.1:${port}/todos/1`;
  const session = new Session();
  // A signal each: Node's fetch and Request listen to it once for each call, and warn of many.
  const init = () => ({
    headers: { accept: 'application/json', 'x-id': '1' },
    signal: new AbortController().signal,
  });
  const subjects = [
    { name: 'session.get, text()', call: async () => (await session.get(url)).text(), us: [] },
    { name: 'session.fetch, text()', call: async () => (await session.fetch(url)).text(), us: [] },
    { name: 'session.fetch, body never read', call: () => session.fetch(url), us: [] },
    {
      name: 'session.fetch(url, init), text()',
      call: async () => (await session.fetch(url, init())).text(),
      us: [],
    },
    {
      name: 'session.fetch(Request), text()',
      call: async () => (await session.fetch(new Request(url, init))).text(),
      us: [],
    },
    { name: 'global fetch, text()', call: async () => (await fetch(url)).text(), us: [] },
    { name: 'global fetch(url, init), text()', call: async () => (await fetch(url, init())).text(), us: [] },
  ];
  for (let round = -2; round < rounds; round++) {
    for (const { call, us } of subjects) {
      const before = process.cpuUsage();
      await inFlight(call, calls);
      const { user, system } = process.cpuUsage(before);
      // The first rounds are for the compiler.
      if (round >= 0) us.push((user + system) / calls);
    }
  }
  console.log(
    `µs per call, ${rounds} interleaved rounds of ${calls} calls, 20 in flight, Node ${process.version}`,
  );
  for (const { name, us } of subjects) {
    us.sort((a, b) => a - b);
    const [min, median, max] = [us[0], us[us.length >> 1], us.at(-1)].map((n) => n.toFixed(1).padStart(7));
    console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
  }
  console.log('arguments alone:');
  for (const [name, read] of [
    ['by hand', () => askedOf(url, init())],
    ['by the class', () => askedOf(url, { ...init(), referrer: '' })],
  ]) {
    const before = process.cpuUsage();
    await inFlight(async () => read(), calls * 5);
    const { user, system } = process.cpuUsage(before);
    console.log(`${name.padEnd(36)} ${((user + system) / calls / 5).toFixed(1).padStart(11)}`);
  }
  await session.close();
  server.disconnect();
  process.exit();
}

/** `calls` of them, twenty at a time. */
async function inFlight(call, calls) {
  let left = calls;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}
