// What cookies cost a request: header() before the first cookie, for a host without any, for one whose field is kept,
// after a change elsewhere and after one of its own; store() of one Set-Cookie. And once: loading the library.
// Run after a build: node bench/micro/cookies.mjs [rounds]. The cost of the loop alone is shown, not subtracted.

import { systemClock } from '../../build/model/clock.js';
import { Origin } from '../../build/model/origin.js';
import { CookieStore } from '../../build/session/cookies.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const READS = 200_000;
const WRITES = 20_000;
const TARGETS = 1024;
const LIMITS = { cookiesPerHostMax: 180, cookieBytesMax: 4096, cookiesMax: 3000 };

const targets = Array.from({ length: TARGETS }, (_, i) => `/todos/${i + 1}?page=${i % 10}`);
const bare = new Origin('https', 'plain.example.org', 443);
const shop = new Origin('https', 'www.example.com', 443);
const other = new Origin('https', 'www.example.net', 443);
const hosts = Array.from({ length: 5000 }, (_, i) => new Origin('https', `www.host-${i}.example`, 443));
const last = hosts.slice(-LIMITS.cookiesMax);

const SESSION = 'session=8f3b1c2d4e5f60718293a4b5c6d7e8f9; Path=/; HttpOnly; SameSite=Lax';

const started = process.hrtime.bigint();
filled(SESSION);
const firstMs = Number(process.hrtime.bigint() - started) / 1e6;

function filled(...lines) {
  const store = new CookieStore(systemClock, LIMITS);
  store.store(shop, '/', lines);
  return store;
}

const none = filled();
const session = filled(SESSION);
const timed = filled(SESSION, 'theme=dark; Path=/; Max-Age=86400; Domain=example.com', 'basket=3; Path=/');
const deep = filled(SESSION, 'a=1; Path=/todos', 'b=2; Path=/admin', 'c=3; Path=/todos/7');
const crowd = filled();
for (const host of hosts) crowd.store(host, '/', [SESSION]);

const target = (i) => targets[i & (TARGETS - 1)];

function read(store, origin) {
  return () => {
    let octets = 0;
    for (let i = 0; i < READS; i++) octets += store.header(origin, target(i))?.length ?? 0;
    return octets;
  };
}

function write(store, origin, line) {
  return () => {
    for (let i = 0; i < WRITES; i++) store.store(origin, target(i), [line(i)]);
  };
}

function writeAndRead(store, there, here) {
  return () => {
    let octets = 0;
    for (let i = 0; i < WRITES; i++) {
      store.store(there, target(i), [`n=${i}; Path=/`]);
      octets += store.header(here, target(i)).length;
    }
    return octets;
  };
}

function loopAlone() {
  let octets = 0;
  for (let i = 0; i < READS; i++) octets += target(i).length;
  return octets;
}

function readByTurns() {
  let octets = 0;
  for (let i = 0; i < READS; i++) octets += crowd.header(last[i % last.length], target(i)).length;
  return octets;
}

function writeToNewHosts() {
  for (let i = 0; i < WRITES; i++) crowd.store(hosts[i % hosts.length], target(i), [SESSION]);
}

const subjects = [
  { name: 'the loop alone', calls: READS, run: loopAlone },
  { name: 'header(), no cookie anywhere', calls: READS, run: read(none, bare) },
  { name: 'header(), a host without cookies', calls: READS, run: read(session, bare) },
  { name: 'header(), one session cookie', calls: READS, run: read(session, shop) },
  { name: 'header(), three, one that expires', calls: READS, run: read(timed, shop) },
  { name: 'header(), cookies for four paths', calls: READS, run: read(deep, shop) },
  { name: 'header(), 3,000 hosts by turns', calls: READS, run: readByTurns },
  { name: 'store() the same again', calls: WRITES, run: write(filled(SESSION), shop, () => SESSION) },
  {
    name: 'store() another value, with Domain',
    calls: WRITES,
    run: write(filled(SESSION), shop, (i) => `n=${i}; Domain=example.com; Path=/`),
  },
  { name: 'store(), then header() there', calls: WRITES, run: writeAndRead(filled(SESSION), shop, shop) },
  {
    name: 'store(), then header() elsewhere',
    calls: WRITES,
    run: writeAndRead(filled(SESSION), other, shop),
  },
  { name: 'store() on a new host, all full', calls: WRITES, run: writeToNewHosts },
].map((subject) => ({ ...subject, ns: [] }));

for (let round = -1; round < ROUNDS; round++) {
  for (const { run, calls, ns } of subjects) {
    const start = process.hrtime.bigint();
    run();
    const time = Number(process.hrtime.bigint() - start) / calls;
    if (round >= 0) ns.push(time);
  }
}

console.log(`the first cookie, which loads the library: ${firstMs.toFixed(1)} ms`);
console.log(`ns per call, ${ROUNDS} interleaved rounds, Node ${process.version}`);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(1).padStart(8));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}
