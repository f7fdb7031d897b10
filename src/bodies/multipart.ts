// Several parts as one multipart/form-data body (RFC 7578), named and escaped as browsers do it (WHATWG HTML, "multipart
// form data"). What is in memory is joined once; files and streams are opened when their turn comes.

import { type BodyStream, isBodyStream } from '../model/body-stream.ts';
import type { MultipartFields } from '../model/request.ts';
import { BlobBody } from './blob-body.ts';
import { isBlob, isFormData } from './brands.ts';
import { ConcatenatedBody } from './concatenated-body.ts';
import { FileBody } from './file-body.ts';
import { MemoryBody } from './memory-body.ts';

export type PartValue = string | number | boolean | Uint8Array | Blob | BodyStream;

export interface Part {
  readonly name: string;
  readonly value: PartValue;
  /** Unless given, a file's or Blob's own; `blob` for other octets; none for text. `null`: none. */
  readonly filename?: string | null | undefined;
  /** Unless given, a file's or Blob's own; application/octet-stream for what has a filename; none for text. */
  readonly contentType?: string | null | undefined;
}

export interface MultipartOptions {
  /** What stands between the parts, without its hyphens; random unless given. */
  readonly boundary?: string | undefined;
}

/** Throws TypeError for what cannot be a part. */
export function multipart(
  parts: MultipartFields | FormData | readonly Part[],
  options: MultipartOptions = {},
): BodyStream {
  const boundary = options.boundary ?? `----flurry${crypto.randomUUID().replaceAll('-', '')}`;
  if (!BOUNDARY.test(boundary)) throw new TypeError('a boundary is 1 to 70 letters, digits, _ or -');
  const segments = new Segments();
  for (const part of partsOf(parts)) {
    segments.text(`--${boundary}\r\n${partHead(part)}\r\n`);
    segments.value(part.value);
    segments.text('\r\n');
  }
  segments.text(`--${boundary}--\r\n`);
  return segments.body(`multipart/form-data; boundary=${boundary}`);
}

/** Lines in names and texts end in CR LF, as the standard wants it of a form. */
export function formDataBody(form: FormData, options: MultipartOptions = {}): BodyStream {
  return multipart(form, options);
}

// RFC 2046 section 5.1.1 allows more, but then it would have to be quoted.
const BOUNDARY = /^[\w-]{1,70}$/;
const encoder = new TextEncoder();

function partsOf(parts: MultipartFields | FormData | readonly Part[]): readonly Part[] {
  if (Array.isArray(parts)) return parts as readonly Part[];
  if (typeof parts !== 'object' || parts === null) {
    throw new TypeError('multipart takes an object of names and values, a list of parts, or FormData');
  }
  if (isFormData(parts)) return [...parts].map(formDataPart);
  return Object.entries(parts as MultipartFields).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly PartValue[]) : [value as PartValue]).map((one) => ({
      name,
      value: one,
    })),
  );
}

function formDataPart([name, value]: [string, string | Blob]): Part {
  return { name: withCrLf(name), value: typeof value === 'string' ? withCrLf(value) : value };
}

function withCrLf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

function partHead(part: Part): string {
  if (typeof part.name !== 'string') throw new TypeError('a part needs a name');
  const filename = part.filename === undefined ? ownName(part.value) : part.filename;
  const contentType = part.contentType === undefined ? ownType(part.value, filename) : part.contentType;
  let head = `Content-Disposition: form-data; name="${escaped(part.name)}"`;
  if (filename !== null) head += `; filename="${escaped(filename)}"`;
  head += '\r\n';
  if (contentType !== null) head += `Content-Type: ${checkedType(part.name, contentType)}\r\n`;
  return head;
}

function ownName(value: PartValue): string | null {
  if (value instanceof FileBody) return value.filename;
  if (isBlob(value)) return nameOf(value) ?? 'blob';
  return isText(value) ? null : 'blob';
}

/** A File has one. */
function nameOf(blob: Blob): string | undefined {
  const { name } = blob as Blob & { readonly name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

function ownType(value: PartValue, filename: string | null): string | null {
  const own = isBlob(value) ? value.type : isBodyStream(value) ? (value.contentType ?? '') : '';
  if (own !== '') return own;
  return filename === null ? null : 'application/octet-stream';
}

function checkedType(name: string, contentType: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(contentType)) {
    throw new TypeError(`the Content-Type of part ${name} holds a character that cannot be sent`);
  }
  return contentType;
}

function escaped(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}

function isText(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** What goes out one behind the other. */
class Segments {
  readonly #done: BodyStream[] = [];
  #pending: Uint8Array[] = [];

  text(text: string): void {
    this.#pending.push(encoder.encode(text));
  }

  value(value: PartValue): void {
    if (isText(value)) this.text(String(value));
    else if (value instanceof Uint8Array) this.#pending.push(value);
    else if (value instanceof MemoryBody) this.#pending.push(value.bytes);
    else if (isBlob(value)) this.#stream(new BlobBody(value));
    else if (isBodyStream(value)) this.#stream(value);
    else throw new TypeError('a part is text, a number, bytes, a Blob, or a file (fileBody)');
  }

  body(contentType: string): BodyStream {
    const last = joined(this.#pending);
    if (this.#done.length === 0) return new MemoryBody(last, contentType);
    return new ConcatenatedBody([...this.#done, new MemoryBody(last, undefined)], contentType);
  }

  #stream(stream: BodyStream): void {
    this.#done.push(new MemoryBody(joined(this.#pending), undefined), stream);
    this.#pending = [];
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
