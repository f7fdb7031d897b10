// A response with this body, as it would have come from there.

import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { REUSED, Response } from '../../src/model/outcome.ts';
import { RequestFactory } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';

const FACTORY = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });
const FRAMING = {
  contentLength: undefined,
  transferEncoding: 'none',
  keepAlive: true,
  keepAliveMs: undefined,
} as const;

export interface PageOptions {
  readonly url?: string;
  readonly type?: string;
  /** Further field lines, octets as characters. */
  readonly fields?: readonly string[];
}

export function page(body: string | Buffer, options: PageOptions = {}): Response {
  const { url = 'http://host/dir/page', type = 'text/html', fields = [] } = options;
  const lines = [...(type === '' ? [] : [`Content-Type: ${type}`]), ...fields];
  const head = new ResponseHead(200, '1.1', 'OK', lines.map((line) => `${line}\r\n`).join(''), FRAMING);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return new Response(FACTORY.from(0, url), head, bytes, '', 1, 1, REUSED, '192.0.2.1:80');
}
