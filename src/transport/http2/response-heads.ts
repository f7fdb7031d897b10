// Field sections of responses (RFC 9113 sections 8.1 to 8.3) to heads and trailers, checked. Equal sections are one head:
// the fields of a connection are shared objects, so that two sections can be compared without their text.

import { type Framing, ResponseHead } from '../../model/response-head.ts';
import { quoted } from '../quoted.ts';
import { type Fault, malformed } from '../response-limits.ts';
import type { Field } from './field.ts';

/** They speak of a connection of HTTP/1.1 (section 8.2.2). */
const OF_CONNECTION = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);
/** No control characters, blanks, capitals or octets above ASCII (section 8.2.1); a colon only in front. */
const NAME = /^:?[\x21-\x39\x3b-\x40\x5b-\x7e]+$/;
/** No NUL, CR or LF, and no blank at its ends (section 8.2.1). */
const VALUE = /^(?![ \t])[^\0\r\n]*(?<![ \t])$/;
const STATUS = /^[1-9][0-9]{2}$/;
const LENGTH = /^[0-9]{1,15}$/;
const SHOWN_MAX = 40;
const NO_FRAMING: Framing = {
  contentLength: undefined,
  transferEncoding: 'none',
  keepAlive: true,
  keepAliveMs: undefined,
};

export class ResponseHeads {
  /** Why the last section is none: it concerns its stream alone (section 8.1.1). */
  fault: Fault | undefined;
  #fields: readonly Field[] = [];
  #head: ResponseHead | undefined;

  /** The head of a response, interim or final; undefined where the section is malformed. */
  head(fields: readonly Field[]): ResponseHead | undefined {
    if (this.#head !== undefined && areSame(fields, this.#fields)) return this.#head;
    this.fault = undefined;
    const head = this.#read(fields);
    if (head === undefined) return undefined;
    this.#fields = fields;
    this.#head = head;
    return head;
  }

  /** The lines of a trailer section. */
  trailers(fields: readonly Field[]): string | undefined {
    this.fault = undefined;
    let lines = '';
    for (const field of fields) {
      if (isPseudo(field))
        return this.#malformed(`the pseudo-header field ${quoted(field.name, SHOWN_MAX)} in trailers`);
      if (!this.#isSound(field)) return undefined;
      lines += `${field.name}: ${field.value}\r\n`;
    }
    return lines;
  }

  #read(fields: readonly Field[]): ResponseHead | undefined {
    const first = fields[0];
    if (first === undefined || first.name !== ':status') {
      return this.#malformed('a header section that does not begin with :status');
    }
    if (!STATUS.test(first.value)) return this.#malformed(`a :status of ${quoted(first.value, SHOWN_MAX)}`);
    // Switching protocols is HTTP/1.1's (section 8.6).
    if (first.value === '101') return this.#malformed('a :status of 101, which HTTP/2 does not have');
    let lines = '';
    let length: string | undefined;
    for (let i = 1; i < fields.length; i++) {
      const field = fields[i]!;
      if (isPseudo(field)) return this.#pseudo(field);
      if (!this.#isSound(field)) return undefined;
      lines += `${field.name}: ${field.value}\r\n`;
      if (field.name === 'content-length')
        length = length === undefined ? field.value : joined(length, field);
    }
    const framing = length === undefined ? NO_FRAMING : { ...NO_FRAMING, contentLength: lengthOf(length) };
    return new ResponseHead(Number(first.value), '2', '', lines, framing);
  }

  #pseudo({ name }: Field): undefined {
    if (name === ':status') return this.#malformed('a second :status, or one behind other fields');
    return this.#malformed(`the pseudo-header field ${quoted(name, SHOWN_MAX)}, which no response has`);
  }

  /** Looked at once for each field that is shared. */
  #isSound(field: Field): boolean {
    field.fault ??= faultOf(field);
    if (field.fault !== '') this.#malformed(field.fault);
    return field.fault === '';
  }

  #malformed(message: string): undefined {
    this.fault = malformed(message);
  }
}

function areSame(some: readonly Field[], others: readonly Field[]): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  // From the end: what differs between two responses is seldom the first field.
  for (let i = some.length - 1; i >= 0; i--) if (some[i] !== others[i]) return false;
  return true;
}

function isPseudo({ name }: Field): boolean {
  return name.charCodeAt(0) === 0x3a;
}

function faultOf({ name, value }: Field): string {
  if (!NAME.test(name)) return `a field with the name ${quoted(name, SHOWN_MAX)}`;
  if (!VALUE.test(value)) return `a field ${quoted(name, SHOWN_MAX)} whose value holds what may not be there`;
  if (OF_CONNECTION.has(name)) return `the field ${quoted(name, SHOWN_MAX)}, which HTTP/2 does not have`;
  return '';
}

/** Several fields of one value are one (RFC 9110 section 8.6); others make none of them valid. */
function joined(length: string, { value }: Field): string {
  return value === length ? length : `${length}, ${value}`;
}

/** NaN for one that is invalid. */
function lengthOf(text: string): number {
  if (LENGTH.test(text)) return Number(text);
  const items = text.split(',').map((item) => item.trim());
  return items.every((item) => item === items[0]) && LENGTH.test(items[0]!) ? Number(items[0]) : Number.NaN;
}
