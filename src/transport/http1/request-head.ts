// The request line and header section as one latin1 string (RFC 9112 sections 3 and 5). Everything in it was checked
// when the request was made.

import type { HeaderBlock } from '../../model/header-block.ts';
import type { Origin } from '../../model/origin.ts';
import type { Request } from '../../model/request.ts';

/** Methods whose missing body is said with Content-Length: 0 (RFC 9110 section 8.6). */
const EXPECTS_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** Writes the heads of one origin's requests; what repeats between them is built once. */
export class RequestHeads {
  readonly #hostLine: string;
  #block: HeaderBlock | undefined;
  /** From the version to the last field line, for `#block`. */
  #constant = '';

  constructor(origin: Origin) {
    this.#hostLine = `Host: ${origin.authority}\r\n`;
  }

  write(request: Request): string {
    if (request.headers !== this.#block) {
      this.#block = request.headers;
      const host = request.headers.host;
      const hostLine = host === undefined ? this.#hostLine : `Host: ${host}\r\n`;
      this.#constant = ` HTTP/1.1\r\n${hostLine}${request.headers.text}`;
    }
    const { method, target, body, sessionFields } = request;
    const fields = sessionFields === undefined ? this.#constant : this.#constant + sessionFields;
    if (body !== undefined) return `${method} ${target}${fields}Content-Length: ${body.length}\r\n\r\n`;
    if (EXPECTS_BODY.has(method)) return `${method} ${target}${fields}Content-Length: 0\r\n\r\n`;
    return `${method} ${target}${fields}\r\n`;
  }
}
