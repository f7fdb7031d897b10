// Routes that answer late, in pieces, with any status, or not at all.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../model/contracts.ts';
import { numberOf, refused, wholeNumber, wholeNumberOf } from './parameters.ts';
import { Random } from './random.ts';
import { replyJson } from './reply.ts';
import type { Exchange, Route } from './route.ts';

/** 101 is left out: it would end HTTP on the connection. */
const INTERIM = new Set([100, 102, 103]);
const DELAY = { min: 0, max: 60_000 };
const LINES = { min: 0, max: 1_000_000 };
const PROBABILITY = { min: 0, max: 1 };

export function faultRoutes(clock: Clock, seed: number): readonly Route[] {
  const random = new Random(seed);
  return [
    {
      name: 'status',
      pattern: '/status/N',
      example: '/status/503',
      sentence:
        'answers with the status N, 200 to 599; 100, 102 and 103 come as interim responses before a 200; 204, 205 and 304 have no body',
      handle: status,
    },
    {
      name: 'delay',
      pattern: '/delay/MS',
      example: '/delay/100',
      sentence: 'answers after MS milliseconds, up to 60,000',
      handle: (exchange) => delay(exchange, clock),
    },
    {
      name: 'stream',
      pattern: '/stream?n=5&ms=100',
      example: '/stream?n=3&ms=10',
      sentence: 'n lines of text in chunks, ms milliseconds apart (0: at once); 5 and 100 unless given',
      handle: (exchange) => stream(exchange, clock),
    },
    {
      name: 'flaky',
      pattern: '/flaky?p=0.1',
      example: '/flaky?p=0',
      sentence:
        'fails with probability p: half of the failures are a 503, half a reset connection, drawn in the order of arrival as the seed has it',
      handle: (exchange) => flaky(exchange, random),
    },
  ];
}

function status({ rest, request, response }: Exchange): void {
  const code = /^[1-5]\d\d$/.test(rest) ? Number(rest) : 0;
  if (code < 200) {
    if (!INTERIM.has(code)) throw refused('N', '100, 102, 103, or a status from 200 to 599', rest);
    // HTTP/1.0 knows no interim responses; its clients would take one for the answer (RFC 9110 section 15.2).
    if (request.httpVersionMinor > 0) sendInterim(response, code);
    replyJson(response, 200, { status: 200, interim: code });
  } else if (code === 204 || code === 304) {
    response.writeHead(code).end();
  } else if (code === 205) {
    response.writeHead(code, { 'Content-Length': 0 }).end();
  } else {
    replyJson(response, code, { status: code });
  }
}

function sendInterim(response: ServerResponse, code: number): void {
  if (code === 100) response.writeContinue();
  else if (code === 102) response.writeProcessing();
  else response.writeEarlyHints({ link: '</todos/1>; rel=preload' });
}

function delay({ rest, response }: Exchange, clock: Clock): void {
  const ms = wholeNumber('MS', rest, DELAY);
  const answer = () => replyJson(response, 200, { delayMs: ms });
  if (ms === 0) answer();
  else response.once('close', clock.after(ms, answer));
}

function stream({ query, request, response }: Exchange, clock: Clock): void {
  const n = wholeNumberOf(query, 'n', 5, LINES);
  const ms = wholeNumberOf(query, 'ms', 100, DELAY);
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
  if (request.method === 'HEAD') response.end();
  else new LineStream(response, clock, n, ms).run();
}

/** Lines one by one, each at its time and not before the client has taken the last. */
class LineStream {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #lines: number;
  readonly #gapMs: number;
  #sent = 0;
  #stopTimer = () => {};

  constructor(response: ServerResponse, clock: Clock, lines: number, gapMs: number) {
    this.#response = response;
    this.#clock = clock;
    this.#lines = lines;
    this.#gapMs = gapMs;
    response.once('close', () => this.#stopTimer());
  }

  run(): void {
    while (this.#sent < this.#lines) {
      this.#sent++;
      const flows = this.#response.write(`line ${this.#sent} of ${this.#lines}\n`);
      if (this.#sent === this.#lines) break;
      if (flows && this.#gapMs === 0) continue;
      if (flows) this.#pause();
      else this.#response.once('drain', () => this.#pause());
      return;
    }
    this.#response.end();
  }

  #pause(): void {
    if (this.#gapMs === 0) this.run();
    else this.#stopTimer = this.#clock.after(this.#gapMs, () => this.run());
  }
}

function flaky({ query, request, response }: Exchange, random: Random): void {
  const p = numberOf(query, 'p', 0.1, PROBABILITY);
  const draw = random.next();
  if (draw >= p) replyJson(response, 200, { ok: true });
  else if (draw < p / 2) replyJson(response, 503, { ok: false });
  else request.socket.resetAndDestroy();
}
