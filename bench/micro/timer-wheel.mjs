// What a deadline costs each request: on the TimerWheel, where moving it later is one store, against a timer of its own
// for each request, and against one timer for each connection that is moved with refresh(), as socket.setTimeout does.
// Run after a build: node bench/micro/timer-wheel.mjs [rounds]. 60 connections, each asked and answered once in a turn
// of the event loop. The clock is read at both moments in each case, as a connection does to time the response; "no
// deadline" is the cost of that and of the turns, shown and not subtracted.

import { systemClock } from '../../build/model/clock.js';
import { Timed, TimerWheel } from '../../build/transport/timer-wheel.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const REQUESTS = 240_000;
const CONNECTIONS = 60;
const TIMEOUT_MS = 30_000;
const KEEP_MS = 4_000;

class Connection extends Timed {
  requests = 0;
  timer = undefined;

  onDeadline() {
    expired();
  }
}

function expired() {
  throw new Error('a deadline passed that was moved');
}

const make = () => Array.from({ length: CONNECTIONS }, () => new Connection());

/** Calls `ask` for every connection in one turn of the event loop, then `answer` for every one in the next. */
function turns(ask, answer) {
  const connections = make();
  return new Promise((resolve) => {
    let left = REQUESTS;
    const answerAll = () => {
      for (const connection of connections) answer(connection, systemClock.now());
      left -= CONNECTIONS;
      if (left > 0) setImmediate(askAll);
      else resolve(connections);
    };
    const askAll = () => {
      for (const connection of connections) ask(connection, systemClock.now());
      setImmediate(answerAll);
    };
    askAll();
  });
}

function none() {
  return turns(
    (connection) => {
      connection.requests++;
    },
    () => {},
  );
}

/** The attempt's deadline when it is asked, that of an idle connection when it is answered; as in connection.ts. */
async function wheel() {
  const timers = new TimerWheel(systemClock);
  const move = (connection, deadlineMs) => {
    connection.deadlineMs = deadlineMs;
    if (deadlineMs < connection.lookMs) timers.watch(connection);
  };
  const connections = await turns(
    (connection, nowMs) => {
      connection.requests++;
      move(connection, nowMs + TIMEOUT_MS);
    },
    (connection, nowMs) => move(connection, nowMs + KEEP_MS),
  );
  for (const connection of connections) timers.forget(connection);
  return connections;
}

function timerEach() {
  return turns(
    (connection) => {
      connection.requests++;
      connection.timer = setTimeout(expired, TIMEOUT_MS);
    },
    (connection) => clearTimeout(connection.timer),
  );
}

async function refreshed() {
  const connections = await turns(
    (connection) => {
      connection.requests++;
      if (connection.timer === undefined) connection.timer = setTimeout(expired, TIMEOUT_MS);
      else connection.timer.refresh();
    },
    (connection) => connection.timer.refresh(),
  );
  for (const { timer } of connections) clearTimeout(timer);
  return connections;
}

const subjects = [
  { name: 'TimerWheel', run: wheel, ns: [] },
  { name: 'setTimeout and clearTimeout', run: timerEach, ns: [] },
  { name: 'one timer each, refresh() twice', run: refreshed, ns: [] },
  { name: 'no deadline', run: none, ns: [] },
];

for (let round = -2; round < ROUNDS; round++) {
  for (const { name, run, ns } of subjects) {
    const started = process.hrtime.bigint();
    const connections = await run();
    const time = Number(process.hrtime.bigint() - started) / REQUESTS;
    const requests = connections.reduce((sum, connection) => sum + connection.requests, 0);
    if (requests !== REQUESTS) throw new Error(`${name}: ${requests} requests of ${REQUESTS}`);
    // The first rounds are for the compiler.
    if (round >= 0) ns.push(time);
  }
}

console.log(
  `ns per request, ${CONNECTIONS} connections, ${ROUNDS} interleaved rounds of ${REQUESTS}, Node ${process.version}`,
);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}
