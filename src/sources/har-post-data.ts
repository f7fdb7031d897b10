// The body of a recorded request out of postData of a HAR entry: its text, or rebuilt from its parameters. What was not
// recorded, such as an uploaded file, is refused: half a body is none.

import { InvalidRequest } from '../model/invalid.ts';

export interface PostBody {
  readonly body: string | Uint8Array;
  /** What it was sent as, where that was recorded. */
  readonly contentType: string | undefined;
}

interface PostData {
  readonly mimeType?: unknown;
  readonly text?: unknown;
  readonly encoding?: unknown;
  readonly params?: unknown;
}

interface Parameter {
  readonly name?: unknown;
  readonly value?: unknown;
  readonly fileName?: unknown;
  readonly contentType?: unknown;
}

/** `sentType`: the Content-Type field of the request. Undefined where there was no body. */
export function bodyOfPost(recorded: unknown, sentType: string | undefined): PostBody | undefined {
  if (recorded === undefined || recorded === null) return undefined;
  if (typeof recorded !== 'object') throw new InvalidRequest('its postData is no object');
  const { mimeType, text, encoding, params } = recorded as PostData;
  const contentType = typeof mimeType === 'string' && mimeType !== '' ? mimeType : undefined;
  if (typeof text === 'string' && text !== '') {
    return { body: encoding === 'base64' ? Buffer.from(text, 'base64') : text, contentType };
  }
  if (Array.isArray(params) && params.length > 0) return ofParameters(params, sentType ?? contentType);
  // Recorders that keep large bodies beside the HAR file name them like this.
  if (Object.keys(recorded).some((key) => /^_(?:file|sha1|blob)$/.test(key))) {
    throw new InvalidRequest('its body is not in the HAR file; record again with bodies embedded');
  }
  return undefined;
}

function ofParameters(params: readonly Parameter[], type: string | undefined): PostBody {
  if (type !== undefined && /^multipart\//i.test(type)) return multipart(params, type);
  const fields = new URLSearchParams();
  for (const one of params) fields.append(textOf(one, 'name'), textOf(one, 'value'));
  return { body: fields.toString(), contentType: type ?? 'application/x-www-form-urlencoded' };
}

/** RFC 7578, with the boundary that the request's own Content-Type names. */
function multipart(params: readonly Parameter[], type: string): PostBody {
  const parts = params.map((one) => partHead(one) + textOf(one, 'value'));
  const named = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(type);
  const boundary = named?.[1] ?? named?.[2] ?? unusedBoundary(parts);
  const body = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  return {
    body: `${body}--${boundary}--\r\n`,
    contentType: named === null ? `${type}; boundary=${boundary}` : type,
  };
}

function partHead(one: Parameter): string {
  const file = one.fileName === undefined ? '' : `; filename="${escaped(textOf(one, 'fileName'))}"`;
  const type = one.contentType === undefined ? '' : `Content-Type: ${textOf(one, 'contentType').trim()}\r\n`;
  return `Content-Disposition: form-data; name="${escaped(textOf(one, 'name'))}"${file}\r\n${type}\r\n`;
}

/** As browsers do (WHATWG HTML, multipart/form-data encoding algorithm). */
function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}

function unusedBoundary(parts: readonly string[]): string {
  let n = 0;
  while (parts.some((part) => part.includes(`flurry-boundary-${n}`))) n++;
  return `flurry-boundary-${n}`;
}

function textOf(one: Parameter, key: keyof Parameter): string {
  const value = one?.[key];
  if (typeof value === 'string') return value;
  const isFile = key === 'value' && typeof one?.fileName === 'string';
  throw new InvalidRequest(
    isFile
      ? 'the file that it sent is not in the HAR file'
      : `a parameter of its postData has no ${key} that is text`,
  );
}
