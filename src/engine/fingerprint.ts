// 128 bits that stand for a request or a URL: what has the same ones is taken for the same. Half of a SHA-256, so that
// nobody who has a say in URLs can make two of them meet. 0.3 µs for a URL (bench/micro/fresh.mjs).

import { hash } from 'node:crypto';
import type { HeaderBlock } from '../model/header-block.ts';
import { normalisedUrl } from '../model/normal-url.ts';
import type { Request } from '../model/request.ts';

/** Four words of 32 bits. */
export type Fingerprint = Uint32Array;

export function fingerprintOf(text: string, into: Fingerprint = new Uint32Array(4)): Fingerprint {
  const digest = hash('sha256', text, 'binary');
  for (let word = 0; word < 4; word++) {
    const at = word * 4;
    into[word] =
      (digest.charCodeAt(at) << 24) |
      (digest.charCodeAt(at + 1) << 16) |
      (digest.charCodeAt(at + 2) << 8) |
      digest.charCodeAt(at + 3);
  }
  return into;
}

/** RFC 9110 section 9.2.1: who sends such a request asks for nothing but an answer, and one answer will do for several. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Whether an equal one may stand for it. A body that is produced while it is sent is not known before. */
export function isCollapsible({ method, stream }: Request): boolean {
  return SAFE.has(method) && stream === undefined;
}

/** What asks for a resource and says nothing more: its URL and its method tell all of it. */
export function isPlainQuestion({ method, body, stream }: Request): boolean {
  return SAFE.has(method) && body === undefined && stream === undefined;
}

/** Throws InvalidRequest for what is no http(s) URL. */
export function resourceText(method: string, url: string): string {
  return `${method} ${normalisedUrl(url)}`;
}

/** Tells requests apart by all that is theirs: method, URL, header fields, body. What a session adds is not looked at. */
export class RequestTexts {
  /** Nearly all requests of a run share these two. */
  #headers: HeaderBlock | undefined;
  #headersText = '';
  #body: Uint8Array | undefined;
  #bodyText = '';

  of({ method, origin, target, headers, body }: Request): string {
    if (headers !== this.#headers) {
      this.#headers = headers;
      const { text, host = '', expectsContinue } = headers;
      this.#headersText = hash('sha256', `${host}\n${expectsContinue}\n${text}`, 'base64');
    }
    if (body !== this.#body) {
      this.#body = body;
      this.#bodyText = body === undefined ? '' : hash('sha256', body, 'base64');
    }
    return `${method} ${origin.key}${target}\n${this.#headersText}\n${this.#bodyText}`;
  }
}
