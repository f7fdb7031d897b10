// Responses to inspect, and inspections of the options under test.

import { Inspection, type InspectionSettings } from '../../src/inspection/inspection.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { OptionError } from '../../src/model/option-kinds.ts';
import { type RunOptions, resolveOptions } from '../../src/model/options.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { REUSED, Response } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';

export interface ResponseParts {
  readonly status?: number;
  readonly body?: string | Uint8Array;
  /** Field lines without their line ends. */
  readonly headers?: readonly string[];
}

export function response({ status = 200, body = '', headers = [] }: ResponseParts = {}): Response {
  const { origin, target } = parseUrl('http://localhost:8080/a?b=1');
  const request = new Request(7, 'GET', origin, target, EMPTY_HEADERS, undefined, 'mine');
  request.attempt = 2;
  const framing = {
    contentLength: undefined,
    transferEncoding: 'none',
    keepAlive: true,
    keepAliveMs: undefined,
  } as const;
  const head = new ResponseHead(status, '1.1', 'OK', headers.map((line) => `${line}\r\n`).join(''), framing);
  return new Response(request, head, Buffer.from(body), '', 1.5, 1, REUSED, '127.0.0.1');
}

export type InspectionOptions = { readonly [K in keyof InspectionSettings]?: unknown };

/** Through the table, as every caller's options go. */
export function inspection(options: InspectionOptions): Inspection {
  return Inspection.of(resolveOptions(options as RunOptions))!;
}

/** What a misspelt option is answered with. */
export function refusal(options: InspectionOptions): string {
  try {
    Inspection.of(resolveOptions(options as RunOptions));
  } catch (error) {
    if (error instanceof OptionError) return error.message;
    throw error;
  }
  return 'accepted';
}

/** The body must not be touched: whoever reads it throws. */
export function untouchable(parts: ResponseParts = {}): Response {
  const one = response(parts);
  Object.defineProperty(one, 'body', {
    get() {
      throw new Error('the body was read');
    },
  });
  return one;
}
