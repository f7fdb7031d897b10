// Routes that answer with data: todos, codes, bytes, compressed content, and the request itself. None waits or fails.

import { isUtf8 } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { refused, wholeNumber } from './parameters.ts';
import { Random, scatterText } from './random.ts';
import { replyAscii, replyJson } from './reply.ts';
import type { Exchange, Route } from './route.ts';
import { todoJson } from './todo.ts';

const CODE = /^[A-Za-z0-9_-]{1,64}$/;
/** One code in this many is a hit, so that a search through 36^4 codes finds about 17. */
const CODES_PER_HIT = 100_000;

/** A prime, so that no power of two of bytes that got lost or doubled goes unnoticed. */
const BLOCK_BYTES = 65_521;
const BYTES_MAX = 1024 ** 3;
const GZIPPED_TODOS = 100;

export function dataRoutes(seed: number): readonly Route[] {
  return [
    {
      name: 'todos',
      pattern: '/todos/N',
      example: '/todos/1',
      sentence: 'a todo as JSON for every N from 1 up, always the same one; 404 and {} for anything else',
      handle: todo,
    },
    {
      name: 'code',
      pattern: '/code/XXXX',
      example: '/code/ab12',
      sentence:
        'tells whether a code of letters and digits is valid; about one in 100,000 is, as the seed has it',
      handle: (exchange) => code(exchange, seed),
    },
    {
      name: 'bytes',
      pattern: '/bytes/N',
      example: '/bytes/1024',
      sentence: 'N bytes with a Content-Length, up to 1 GiB; they look random and are always the same',
      handle: bytes,
    },
    {
      name: 'gzip',
      pattern: '/gzip',
      example: '/gzip',
      sentence: 'a hundred todos as JSON with Content-Encoding: gzip, whatever the request accepts',
      handle: (exchange) => replyJsonGzipped(exchange),
    },
    {
      name: 'headers',
      pattern: '/headers',
      example: '/headers',
      sentence: 'the header fields of the request as a JSON object, names in lower case',
      handle: ({ request, response }) => replyJson(response, 200, { headers: request.headers }),
    },
    {
      name: 'echo',
      pattern: '/echo',
      example: '/echo?a=1',
      sentence:
        'the whole request as JSON: method, url, headers in order, and up to 1 MiB of body as text or, if it is no UTF-8, as bodyBase64',
      keepsBody: true,
      handle: echo,
    },
  ];
}

function todo({ rest, response }: Exchange): void {
  const json = todoJson(rest);
  if (json === undefined) replyAscii(response, 404, '{}');
  else replyAscii(response, 200, json);
}

function code({ rest, response }: Exchange, seed: number): void {
  if (!CODE.test(rest)) throw refused('XXXX', '1 to 64 letters, digits, - and _', rest);
  const valid = scatterText(rest, seed) % CODES_PER_HIT === 0;
  replyAscii(response, 200, `{"code":"${rest}","valid":${valid}}`);
}

function echo({ request, response, body }: Exchange): void {
  const headers: [string, string][] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    headers.push([request.rawHeaders[i]!, request.rawHeaders[i + 1]!]);
  }
  const content = isUtf8(body) ? { body: body.toString('utf8') } : { bodyBase64: body.toString('base64') };
  const { method, url } = request;
  replyJson(response, 200, { method, url, headers, ...content, bytes: body.length });
}

let gzipped: Buffer | undefined;

function replyJsonGzipped({ response }: Exchange): void {
  gzipped ??= gzipSync(
    `{"todos":[${Array.from({ length: GZIPPED_TODOS }, (_, i) => todoJson(`${i + 1}`))}]}`,
  );
  response.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Encoding': 'gzip',
    'Content-Length': gzipped.length,
  });
  response.end(gzipped);
}

function bytes({ rest, response }: Exchange): void {
  const n = wholeNumber('N', rest, { min: 0, max: BYTES_MAX });
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': n });
  sendBytes(response, n);
}

/** Writes the block over and over, and waits whenever the client is slower. For HEAD node lets every write fall. */
function sendBytes(response: Exchange['response'], bytes: number): void {
  const content = block();
  let left = bytes;
  while (left > content.length) {
    left -= content.length;
    if (!response.write(content)) {
      const rest = left;
      response.once('drain', () => sendBytes(response, rest));
      return;
    }
  }
  response.end(content.subarray(0, left));
}

let blockOnce: Buffer | undefined;

/** Incompressible, and the same for every seed: what a client received can be compared with any other run. */
function block(): Buffer {
  if (blockOnce !== undefined) return blockOnce;
  const random = new Random(0);
  blockOnce = Buffer.from(Array.from({ length: BLOCK_BYTES }, () => random.bits() >>> 24));
  return blockOnce;
}
