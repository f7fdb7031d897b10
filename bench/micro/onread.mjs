// What it costs to take a small response from a socket: one `onread` buffer that 60 sockets share, as in
// src/transport/wire.ts, against `data` events, where Node allocates for each read and goes through a stream.
// Run: node bench/micro/onread.mjs [rounds]. Needs no build. Counted is the CPU time of the client's process; the server
// is a process of its own. A round trip holds the write of the request too, which is the same in both.

import { fork } from 'node:child_process';
import * as net from 'node:net';
import { fileURLToPath } from 'node:url';

const SOCKETS = 60;
const ROUND_TRIPS = 20_000;
const READ_BUFFER_BYTES = 64 * 1024;
/** Whatever happens, it ends. */
const RUN_MS_MAX = 60_000;

const REQUEST = 'GET /todos/1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: flurry\r\nAccept: */*\r\n\r\n';
const RESPONSE = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 22 Nov 2025 19:00:00 GMT\r\n' +
    'Content-Type: application/json\r\nContent-Length: 66\r\nConnection: keep-alive\r\n\r\n' +
    `{"userId":1,"id":1,"title":"delectus aut autem","completed":false}`,
);

const shared = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

function withOnread(port, onBytes) {
  const onread = {
    buffer: shared,
    callback(length, bytes) {
      onBytes(bytes, length);
      return true;
    },
  };
  return net.connect({ host: '127.0.0.1', port, noDelay: true, onread });
}

function withData(port, onBytes) {
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('data', (bytes) => onBytes(bytes, bytes.length));
  return socket;
}

/** As many sockets as there are; each asks again as soon as it has its answer. */
class Client {
  #sockets = [];
  #left = 0;
  #open = 0;
  #bytes = 0;
  #done;

  async open(connect, port) {
    for (let i = 0; i < SOCKETS; i++) {
      let expected = RESPONSE.length;
      const socket = connect(port, (bytes, length) => {
        this.#bytes += bytes[length - 1] === 125 ? length : 0;
        expected -= length;
        if (expected > 0) return;
        expected = RESPONSE.length;
        this.#answered(socket);
      });
      socket.on('error', fail);
      await new Promise((resolve) => socket.once('connect', resolve));
      this.#sockets.push(socket);
    }
  }

  run(roundTrips) {
    this.#left = roundTrips - SOCKETS;
    this.#open = SOCKETS;
    this.#bytes = 0;
    return new Promise((resolve) => {
      this.#done = resolve;
      for (const socket of this.#sockets) socket.write(REQUEST, 'latin1');
    });
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
  }

  #answered(socket) {
    if (this.#left-- > 0) socket.write(REQUEST, 'latin1');
    else if (--this.#open === 0) this.#done(this.#bytes);
  }
}

function fail(error) {
  process.stderr.write(`onread: ${error.message}\n`);
  process.exit(1);
}

/** Each read is one request: nobody sends a second before the answer. */
function serve() {
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(RESPONSE));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit());
}

async function measure(rounds) {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  setTimeout(() => fail(new Error(`not done after ${RUN_MS_MAX / 1000} s`)), RUN_MS_MAX).unref();
  const port = await new Promise((resolve) => child.once('message', resolve));
  const subjects = [
    { name: 'one onread buffer for all sockets', client: new Client(), connect: withOnread, us: [] },
    { name: 'data events', client: new Client(), connect: withData, us: [] },
  ];
  for (const { client, connect } of subjects) await client.open(connect, port);
  for (let round = -2; round < rounds; round++) {
    for (const { client, name, us } of subjects) {
      const start = process.cpuUsage();
      const bytes = await client.run(ROUND_TRIPS);
      const { user, system } = process.cpuUsage(start);
      if (bytes !== ROUND_TRIPS * RESPONSE.length) throw new Error(`${name}: ${bytes} bytes came`);
      // The first rounds are for the compiler.
      if (round >= 0) us.push([(user + system) / ROUND_TRIPS, user / ROUND_TRIPS]);
    }
  }
  for (const { client } of subjects) client.close();
  child.disconnect();
  console.log(
    `µs of CPU per round trip, ${SOCKETS} sockets, ${rounds} interleaved rounds of ${ROUND_TRIPS}, Node ${process.version}`,
  );
  for (const { name, us } of subjects) {
    print(
      name,
      us.map(([all]) => all),
    );
    print(
      '  of it outside of the kernel',
      us.map(([, user]) => user),
    );
  }
}

function print(name, us) {
  us.sort((a, b) => a - b);
  const [min, median, max] = [us[0], us[us.length >> 1], us.at(-1)].map((n) => n.toFixed(2).padStart(6));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}

if (process.argv[2] === 'serve') serve();
else await measure(Number(process.argv[2] ?? 9));
