// The field blocks of one connection's requests (RFC 9113 section 8.3.1). What repeats between them is encoded once and
// copied as long as the table stands still: only :path changes, and it never goes into the table.

import type { HeaderBlock } from '../../model/header-block.ts';
import type { Request } from '../../model/request.ts';
import { FIELD_SLACK_BYTES, HpackEncoder, type Indexing, writeText } from './hpack-encoder.ts';
import type { OutgoingOctets } from './outgoing-octets.ts';

/** Never in a table, here or on the way (RFC 7541 section 7.1.3). */
const SECRETS = ['authorization', 'cookie', 'proxy-authorization'];
/** They speak of a connection of HTTP/1.1 (RFC 9113 section 8.2.2). */
const OF_CONNECTION = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'host',
]);
/** Methods whose missing body is said with content-length: 0 (RFC 9110 section 8.6). */
const EXPECTS_BODY = new Set(['POST', 'PUT', 'PATCH']);
/** Requests with headers of their own each would fill it without end: it is emptied whole when full. */
const SHAPES_MAX = 64;
/** Fields come to rest in the table when they were seen twice; so many that they never do are taken as they are. */
const ENCODINGS_MAX = 8;

const PATH_SLASH = 0x84;
/** A literal that leaves the table alone, its name that of the fourth entry of the static table. */
const PATH_LITERAL = 0x04;

/** What requests have in common when only their paths and bodies differ. */
interface Shape {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly headers: HeaderBlock;
  readonly fields: readonly SentField[];
  /** How often it was encoded. */
  encodings: number;
  /** The version of the table that the octets are for; -1 where there are none. */
  version: number;
  /** What stands before :path, and what behind it. */
  before: Uint8Array;
  after: Uint8Array;
}

interface SentField {
  readonly name: string;
  readonly value: string;
  readonly indexing: Indexing;
}

const NO_OCTETS = new Uint8Array(0);

export class RequestBlocks {
  readonly #encoder = new HpackEncoder();
  readonly #secrets: ReadonlySet<string>;
  readonly #shapes = new Map<HeaderBlock, Shape>();
  #last: Shape | undefined;
  /** Field lines that a session added last, what came of them, and the version of the table that the octets are for. */
  #lines = '';
  #lineFields: readonly SentField[] = [];
  #lineOctets: Uint8Array = NO_OCTETS;
  #lineVersion = -1;

  /** `secretHeaders`: names in lower case of fields that are secret besides the login fields and cookies. */
  constructor(secretHeaders: Iterable<string> = []) {
    this.#secrets = new Set([...SECRETS, ...secretHeaders]);
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setTableBytesMax(bytes: number): void {
    this.#encoder.setTableBytesMax(bytes);
  }

  /** `expecting`: the body is held back until the peer says that it wants it. */
  write(out: OutgoingOctets, request: Request, expecting = false): void {
    const shape = this.#shapeOf(request);
    if (shape.version === this.#encoder.version) this.#copy(out, shape, request.target);
    else this.#encode(out, shape, request.target);
    if (request.sessionFields !== undefined) this.#addLines(out, request.sessionFields);
    const length = contentLengthOf(request);
    if (length !== undefined) this.#encoder.field(out, 'content-length', String(length), 'plain');
    if (expecting) this.#encoder.field(out, 'expect', '100-continue', 'plain');
  }

  #shapeOf({ method, origin, headers }: Request): Shape {
    const authority = headers.host ?? origin.authority;
    const last = this.#last;
    if (last?.headers === headers && isOf(last, method, origin.scheme, authority)) return last;
    let shape = this.#shapes.get(headers);
    if (shape === undefined || !isOf(shape, method, origin.scheme, authority)) {
      const fields = shape?.fields ?? this.#fieldsOf(headers.text);
      shape = {
        method,
        scheme: origin.scheme,
        authority,
        headers,
        fields,
        encodings: 0,
        version: -1,
        before: NO_OCTETS,
        after: NO_OCTETS,
      };
      if (this.#shapes.size >= SHAPES_MAX) this.#shapes.clear();
      this.#shapes.set(headers, shape);
    }
    this.#last = shape;
    return shape;
  }

  #copy(out: OutgoingOctets, { before, after }: Shape, path: string): void {
    out.reserve(before.length + path.length + after.length + FIELD_SLACK_BYTES);
    copyTo(out, before);
    writePath(out, path);
    copyTo(out, after);
  }

  #encode(out: OutgoingOctets, shape: Shape, path: string): void {
    const encoder = this.#encoder;
    encoder.begin(out);
    const { version } = encoder;
    const start = out.length;
    encoder.field(out, ':method', shape.method, 'index');
    const pathStart = out.length;
    out.reserve(path.length + FIELD_SLACK_BYTES);
    writePath(out, path);
    const pathEnd = out.length;
    encoder.field(out, ':scheme', shape.scheme, 'index');
    encoder.field(out, ':authority', shape.authority, 'index');
    for (const { name, value, indexing } of shape.fields) encoder.field(out, name, value, indexing);
    shape.encodings++;
    // What changed the table is not to be repeated, nor what would be shorter the next time.
    if (encoder.version !== version || (encoder.unsettled && shape.encodings < ENCODINGS_MAX)) return;
    shape.version = version;
    shape.before = new Uint8Array(out.bytes.subarray(start, pathStart));
    shape.after = new Uint8Array(out.bytes.subarray(pathEnd, out.length));
  }

  /** They change with cookies and logins, so they stay out of the table; often they are the same for a while. */
  #addLines(out: OutgoingOctets, lines: string): void {
    const encoder = this.#encoder;
    if (lines !== this.#lines) {
      this.#lines = lines;
      this.#lineFields = this.#fieldsOf(lines);
    } else if (this.#lineVersion === encoder.version) {
      out.reserve(this.#lineOctets.length);
      copyTo(out, this.#lineOctets);
      return;
    }
    const start = out.length;
    for (const { name, value, indexing } of this.#lineFields) {
      encoder.field(out, name, value, indexing === 'never' ? 'never' : 'plain');
    }
    this.#lineVersion = encoder.version;
    this.#lineOctets = new Uint8Array(out.bytes.subarray(start, out.length));
  }

  /** Lines as requests have them: `Name: value` and CR LF, nothing else. */
  #fieldsOf(lines: string): SentField[] {
    const fields: SentField[] = [];
    let dropped: readonly string[] = [];
    for (let start = 0; start < lines.length; ) {
      const colon = lines.indexOf(':', start);
      const end = lines.indexOf('\r\n', colon);
      const name = lines.slice(start, colon).toLowerCase();
      const value = lines.slice(colon + 2, end);
      start = end + 2;
      if (name === 'connection') dropped = [...dropped, ...listOf(value)];
      if (OF_CONNECTION.has(name) || (name === 'te' && value.toLowerCase() !== 'trailers')) continue;
      fields.push({ name, value, indexing: this.#secrets.has(name) ? 'never' : 'index' });
    }
    // What Connection names goes no further than a connection of HTTP/1.1 (RFC 9110 section 7.6.1).
    return dropped.length === 0 ? fields : fields.filter(({ name }) => !dropped.includes(name));
  }
}

function listOf(value: string): string[] {
  return value.split(',').map((item) => item.trim().toLowerCase());
}

function isOf(shape: Shape, method: string, scheme: string, authority: string): boolean {
  return shape.method === method && shape.authority === authority && shape.scheme === scheme;
}

function contentLengthOf({ method, body, stream }: Request): number | undefined {
  if (body !== undefined) return body.length;
  if (stream !== undefined) return stream.length;
  return EXPECTS_BODY.has(method) ? 0 : undefined;
}

/** Room is reserved. */
function writePath(out: OutgoingOctets, path: string): void {
  const { bytes } = out;
  if (path === '/') {
    bytes[out.length++] = PATH_SLASH;
    return;
  }
  bytes[out.length] = PATH_LITERAL;
  out.length = writeText(bytes, out.length + 1, path);
}

/** Room is reserved. */
function copyTo(out: OutgoingOctets, octets: Uint8Array): void {
  out.bytes.set(octets, out.length);
  out.length += octets.length;
}
