// Routes with a limit: a rate that is sold, and a number of workers. They are what a client has to find out.

import type { Clock } from '../model/contracts.ts';
import { Newest } from './newest.ts';
import { numberOf, wholeNumberOf } from './parameters.ts';
import { RateLimiter } from './rate-limiter.ts';
import { replyJson } from './reply.ts';
import type { Exchange, Route } from './route.ts';
import { WorkerPool } from './worker-pool.ts';

const RATE = { min: 0.01, max: 1_000_000 };
const BURST = { min: 1, max: 1_000_000 };
const RETRY_AFTER = { min: 0, max: 3600 };
const WORKERS = { min: 1, max: 10_000 };
const HOLD = { min: 1, max: 60_000 };
const WAITING_MAX = 10_000;
/** Different limiters, and different pools, remembered at a time. */
const STATES_MAX = 1_000;

export function limitRoutes(clock: Clock): readonly Route[] {
  const limiters = new Newest<RateLimiter>(STATES_MAX);
  const pools = new Newest<WorkerPool>(STATES_MAX);
  return [
    {
      name: 'limit',
      pattern: '/limit?rate=300&burst=30&retry-after=1',
      example: '/limit?rate=300',
      sentence:
        'admits rate requests per second, burst of them at once (a tenth of the rate unless given), and answers the rest with 429, Retry-After and RateLimit fields; one limit for each rate and burst',
      handle: (exchange) => limit(exchange, limiters, clock),
    },
    {
      name: 'capacity',
      pattern: '/capacity?n=60&ms=20',
      example: '/capacity?n=60&ms=20',
      sentence:
        'a server with n workers: each request holds one for ms milliseconds, the others wait in order; 503 when 10,000 wait; one pool for each n and ms',
      handle: (exchange) => capacity(exchange, pools, clock),
    },
  ];
}

function limit({ query, response }: Exchange, limiters: Newest<RateLimiter>, clock: Clock): void {
  const rate = numberOf(query, 'rate', 300, RATE);
  const burst = wholeNumberOf(query, 'burst', Math.max(1, Math.ceil(rate / 10)), BURST);
  const retryAfterS = wholeNumberOf(query, 'retry-after', 1, RETRY_AFTER);
  const limiter = limiters.getOrMake(`${rate} ${burst}`, () => new RateLimiter(rate, burst));
  const verdict = limiter.take(clock.now());
  const fields = [
    ...['RateLimit-Limit', String(burst)],
    ...['RateLimit-Remaining', String(verdict.remaining)],
    ...['RateLimit-Reset', String(Math.ceil(verdict.resetMs / 1000))],
  ];
  if (verdict.admitted) replyJson(response, 200, { ok: true }, fields);
  else replyJson(response, 429, { ok: false }, [...fields, 'Retry-After', String(retryAfterS)]);
}

function capacity({ query, response }: Exchange, pools: Newest<WorkerPool>, clock: Clock): void {
  const n = wholeNumberOf(query, 'n', 60, WORKERS);
  const ms = wholeNumberOf(query, 'ms', 20, HOLD);
  const pool = pools.getOrMake(`${n} ${ms}`, () => new WorkerPool(n, ms, WAITING_MAX, clock));
  const leave = pool.enter((queueMs) => {
    replyJson(response, 200, { workers: n, workMs: ms, queueMs: Math.round(queueMs * 1000) / 1000 });
  });
  if (leave === undefined) replyJson(response, 503, { error: 'the queue is full' }, ['Retry-After', '1']);
  else response.once('close', leave);
}
