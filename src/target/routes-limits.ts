// Routes with a limit: a rate that is sold, a number of workers, a number beyond which all get in each other's way. They
// are what a client has to find out.

import type { Clock } from '../model/contracts.ts';
import { Crowd } from './crowd.ts';
import { Newest } from './newest.ts';
import { numberOf, refused, wholeNumberOf, wholeNumbersOf, wordOf } from './parameters.ts';
import { Patience } from './patience.ts';
import { RateLimiter } from './rate-limiter.ts';
import { type Fields, replyJson } from './reply.ts';
import type { Exchange, Route } from './route.ts';
import { Steps } from './steps.ts';
import { WorkerPool } from './worker-pool.ts';

const RATE = { min: 0.01, max: 1_000_000 };
const BURST = { min: 1, max: 1_000_000 };
const SECONDS = { min: 0, max: 3600 };
const WORKERS = { min: 1, max: 10_000 };
const HOLD = { min: 1, max: 60_000 };
const WORK = { min: 0, max: 60_000 };
const EVERY = { min: 0.1, max: 3600 };
const THIRD = { min: 2, max: 1_000_000 };
const WAITING_MAX = 10_000;
/** Different limiters, and different pools, remembered at a time. */
const STATES_MAX = 1_000;

export function limitRoutes(clock: Clock): readonly Route[] {
  return [limitRoute(clock), capacityRoute(clock), crowdRoute(clock)];
}

// ── a rate ────────────────────────────────────────────────────────────────────────────────────────────────────

function limitRoute(clock: Clock): Route {
  const limiters = new Newest<RateLimiter>(STATES_MAX);
  const patiences = new Newest<Patience>(STATES_MAX);
  return {
    name: 'limit',
    pattern: '/limit?rate=300&burst=30&ms=0&retry-after=1&ban=0&tell=all',
    example: '/limit?rate=300',
    sentence:
      'admits rate requests per second, burst of them at once (a tenth of the rate unless given), each for ms milliseconds, and answers the rest with 429, Retry-After and RateLimit fields (tell=retry-after: without the latter; tell=nothing: without both); who comes back before Retry-After is shut out for ban seconds; one limit for each rate and burst',
    handle: (exchange) => limit(exchange, limiters, patiences, clock),
  };
}

function limit(
  { query, response }: Exchange,
  limiters: Newest<RateLimiter>,
  patiences: Newest<Patience>,
  clock: Clock,
): void {
  const rate = numberOf(query, 'rate', 300, RATE);
  const burst = wholeNumberOf(query, 'burst', Math.max(1, Math.ceil(rate / 10)), BURST);
  const workMs = wholeNumberOf(query, 'ms', 0, WORK);
  const retryAfterS = wholeNumberOf(query, 'retry-after', 1, SECONDS);
  const banS = wholeNumberOf(query, 'ban', 0, SECONDS);
  const tell = wordOf(query, 'tell', ['all', 'retry-after', 'nothing']);
  const key = `${rate} ${burst}`;
  const patience = patiences.getOrMake(
    `${key} ${retryAfterS} ${banS}`,
    () => new Patience(1000 * retryAfterS, 1000 * banS),
  );
  const nowMs = clock.now();
  const banMs = patience.banLeftMs(nowMs);
  const retry = (ms: number) => (tell === 'nothing' ? [] : ['Retry-After', String(Math.ceil(ms / 1000))]);
  if (banMs > 0) {
    replyJson(response, 429, { ok: false, banned: true }, retry(banMs));
    return;
  }
  const verdict = limiters.getOrMake(key, () => new RateLimiter(rate, burst)).take(nowMs);
  const fields: Fields = [
    ...['RateLimit-Limit', String(burst)],
    ...['RateLimit-Remaining', String(verdict.remaining)],
    ...['RateLimit-Reset', String(Math.ceil(verdict.resetMs / 1000))],
  ];
  const told = tell === 'all' ? fields : [];
  const admit = () => replyJson(response, 200, { ok: true }, told);
  if (!verdict.admitted) {
    patience.refuse(nowMs);
    replyJson(response, 429, { ok: false }, [...told, ...retry(1000 * retryAfterS)]);
  } else if (workMs === 0) admit();
  else response.once('close', clock.after(workMs, admit));
}

// ── workers ───────────────────────────────────────────────────────────────────────────────────────────────────

interface Staff {
  readonly steps: Steps;
  readonly pool: WorkerPool;
}

function capacityRoute(clock: Clock): Route {
  const staffs = new Newest<Staff>(STATES_MAX);
  return {
    name: 'capacity',
    pattern: '/capacity?n=60&ms=20&every=15',
    example: '/capacity?n=60&ms=20',
    sentence:
      'a server with n workers: each request holds one for ms milliseconds, the others wait in order; 503 when 10,000 wait; n=200,40,200 goes from one number to the next every so many seconds, from the first request on; one pool for each n, ms and every',
    handle: (exchange) => capacity(exchange, staffs, clock),
  };
}

function capacity({ query, response }: Exchange, staffs: Newest<Staff>, clock: Clock): void {
  const numbers = wholeNumbersOf(query, 'n', 60, WORKERS);
  const ms = wholeNumberOf(query, 'ms', 20, HOLD);
  const everyS = numberOf(query, 'every', 15, EVERY);
  const key = `${numbers.join()} ${ms} ${numbers.length > 1 ? everyS : ''}`;
  const { steps, pool } = staffs.getOrMake(key, () => ({
    steps: new Steps(numbers, 1000 * everyS),
    pool: new WorkerPool(numbers[0]!, ms, WAITING_MAX, clock),
  }));
  const workers = steps.at(clock.now());
  pool.resize(workers);
  const leave = pool.enter((queueMs) => {
    replyJson(response, 200, { workers, workMs: ms, queueMs: Math.round(queueMs * 1000) / 1000 });
  });
  if (leave === undefined) replyJson(response, 503, { error: 'the queue is full' }, ['Retry-After', '1']);
  else response.once('close', leave);
}

// ── a crowd ───────────────────────────────────────────────────────────────────────────────────────────────────

function crowdRoute(clock: Clock): Route {
  const crowds = new Newest<Crowd>(STATES_MAX);
  return {
    name: 'crowd',
    pattern: '/crowd?n=60&ms=20&third=4000',
    example: '/crowd?n=60&ms=20',
    sentence:
      'a server whose requests get in each other’s way: up to n at once take ms milliseconds each, beyond that all take so much longer that throughput falls, to a third with so many at once; 503 when 10,000 are inside; one crowd for each n, ms and third',
    handle: (exchange) => crowd(exchange, crowds, clock),
  };
}

function crowd({ query, response }: Exchange, crowds: Newest<Crowd>, clock: Clock): void {
  const n = wholeNumberOf(query, 'n', 60, WORKERS);
  const ms = wholeNumberOf(query, 'ms', 20, HOLD);
  const third = wholeNumberOf(query, 'third', Math.max(4000, 2 * n), THIRD);
  if (third <= n) throw refused('third', `more than n, which is ${n}`, String(third));
  const one = crowds.getOrMake(`${n} ${ms} ${third}`, () => new Crowd(n, ms, third, WAITING_MAX, clock));
  const entered = one.enter((inside) => replyJson(response, 200, { inside }));
  if (!entered) replyJson(response, 503, { error: 'no more go in' }, ['Retry-After', '1']);
}
