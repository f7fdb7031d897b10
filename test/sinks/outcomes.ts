// Outcomes as the transport makes them, for the tests of this room.

import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { type ConnectionTimings, Failure, REUSED, Response } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';

export interface ResponseParts {
  index?: number;
  id?: string | number;
  url?: string;
  /** In place of the URL's own path, as it is. */
  target?: string;
  method?: string;
  status?: number;
  body?: string | Uint8Array;
  type?: string;
  fieldLines?: string;
  ms?: number;
  attempts?: number;
  connection?: ConnectionTimings;
}

export function response(parts: ResponseParts = {}): Response {
  const index = parts.index ?? 0;
  const place = parseUrl(parts.url ?? `http://localhost:8080/todos/${index}`);
  const target = parts.target ?? place.target;
  const method = parts.method ?? 'GET';
  const request = new Request(index, method, place.origin, target, EMPTY_HEADERS, undefined, parts.id);
  request.attempt = parts.attempts ?? 1;
  const fieldLines = parts.fieldLines ?? `Content-Type: ${parts.type ?? 'application/json'}\r\n`;
  const framing = {
    contentLength: undefined,
    transferEncoding: 'none',
    keepAlive: true,
    keepAliveMs: undefined,
  } as const;
  const head = new ResponseHead(parts.status ?? 200, '1.1', 'OK', fieldLines, framing);
  const body = Buffer.from(parts.body ?? '{"id":1}');
  return new Response(request, head, body, '', parts.ms ?? 1.5, 1, parts.connection ?? REUSED, '127.0.0.1');
}

export function failure(index: number, message = 'connection refused'): Failure {
  return new Failure({
    index,
    url: `http://localhost:8080/todos/${index}`,
    method: 'GET',
    phase: 'connect',
    kind: 'refused',
    sent: 'none',
    message,
    attempts: 1,
    ms: 0.25,
  });
}
