// Outcomes as the transport makes them, and chance from a seed, for the tests of this room.

import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { Failure, type Kind, type Phase, REUSED, Response, type Sent } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';
import { Random } from '../fuzz/generator.ts';

const FRAMING = {
  contentLength: 0,
  transferEncoding: 'none',
  keepAlive: true,
  keepAliveMs: undefined,
} as const;

/** `fields`: lines without their ends. */
export function answered(status: number, ...fields: string[]): Response {
  const { origin, target } = parseUrl('http://localhost:8080/');
  const request = new Request(0, 'GET', origin, target, EMPTY_HEADERS, undefined, undefined);
  const head = new ResponseHead(status, '1.1', '', fields.map((line) => `${line}\r\n`).join(''), FRAMING);
  return new Response(request, head, Buffer.alloc(0), '', 12, 10, REUSED, '127.0.0.1');
}

export function failed(kind: Kind, phase: Phase = 'headers', sent: Sent = 'whole'): Failure {
  return new Failure({
    index: 0,
    url: 'http://localhost:8080/',
    method: 'GET',
    phase,
    kind,
    sent,
    message: 'it failed',
    attempts: 1,
    ms: 7,
  });
}

/** From 0 to below 1, the same for the same seed. */
export function chance(seed: number): () => number {
  const random = new Random(seed);
  return () => random.below(1_000_003) / 1_000_003;
}
