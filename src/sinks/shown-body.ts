// What a record shows of a body: JSON, text, base64, or why it shows none. Never changes the body itself.

import { isUtf8 } from 'node:buffer';
import type { Settings } from '../model/options.ts';
import type { Response } from '../model/outcome.ts';
import { byteSize } from '../model/text.ts';
import { firstNonJson, JSON_DEPTH_MAX } from './json-scan.ts';
import { withoutLineSeparators } from './json-text.ts';

export type BodyForm = Settings['recordBody'];
/** The forms that put a body into its record. */
export type InlineForm = Exclude<BodyForm, 'files'>;

/**
 * `json`: the text is one JSON value on one line. `text`: any text. `base64`: the body in base64.
 * `none`: nothing is shown. `error`: the form asked for cannot show it, and the text says why.
 */
export interface ShownBody {
  readonly as: 'json' | 'text' | 'base64' | 'none' | 'error';
  readonly text: string;
}

/** Escaped, a body can grow sixfold, and a string of V8 ends at 512 MiB; this leaves room for it. */
export const INLINE_BODY_BYTES_MAX = 64 * 1024 * 1024;

const NONE: ShownBody = { as: 'none', text: '' };

export function showBody(response: Response, form: InlineForm): ShownBody {
  const { body } = response;
  if (form === 'none') return NONE;
  if (body.length > INLINE_BODY_BYTES_MAX) {
    const text = `${byteSize(body.length)} are too many for a record, use --body files`;
    return { as: 'error', text };
  }
  switch (form) {
    case 'auto':
      return automatic(response);
    case 'text':
      return { as: 'text', text: response.text() };
    case 'json':
      return parsed(body);
    case 'base64':
      return { as: 'base64', text: body.toString('base64') };
    default:
      return form satisfies never;
  }
}

/** The first of JSON, text and base64 that gives back the very bytes (for JSON: the very value). */
function automatic(response: Response): ShownBody {
  const { body } = response;
  const text = body.toString('utf8');
  // Bad bytes decode to U+FFFD. A search for it costs 9 ns where there is none, isUtf8 24.
  if (text.includes('\ufffd') && !isUtf8(body)) return { as: 'base64', text: body.toString('base64') };
  if (isJsonType(response.mediaType)) {
    const json = withoutMark(text);
    if (firstNonJson(json) === -1) return { as: 'json', text: onOneLine(json) };
  }
  return { as: 'text', text };
}

/** JSON is UTF-8 whatever Content-Type says, and bad bytes become U+FFFD, as in Response.json(). */
function parsed(body: Buffer): ShownBody {
  const json = withoutMark(body.toString('utf8'));
  const end = firstNonJson(json);
  if (end === -1) return { as: 'json', text: onOneLine(json) };
  if (body.length === 0) return { as: 'error', text: 'the body is empty, which is no JSON' };
  const text = `no JSON, or more than ${JSON_DEPTH_MAX} levels deep, at character ${end}`;
  return { as: 'error', text };
}

/** `application/json`, `text/json` and every `+json` (RFC 6839 section 3.1). */
export function isJsonType(mediaType: string): boolean {
  return mediaType === 'application/json' || mediaType === 'text/json' || mediaType.endsWith('+json');
}

/** JSON must not start with a byte order mark, and who reads it may drop one (RFC 8259 section 8.1). */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

const OFF_THE_LINE = /[\n\r\t\u2028\u2029]/;

/** Taken as text, so that numbers keep all their digits. Raw line feeds and tabs stand between tokens only. */
function onOneLine(json: string): string {
  if (!OFF_THE_LINE.test(json)) return json;
  return withoutLineSeparators(json.replace(/[\n\r\t]+/g, ''));
}
