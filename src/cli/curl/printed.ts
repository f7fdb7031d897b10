// A request as the curl command that sends the same: method, target, header fields, body. Pure; what holds for a whole
// run comes as words.

import { isUtf8 } from 'node:buffer';
import type { Request } from '../../model/request.ts';
import { formatOf } from './printf.ts';
import { quoted, quotedOctets } from './quoting.ts';

/** A word of a command has a limit in most systems (128 KiB in Linux); a format of the shell's own printf has none. */
const WORD_BYTES_MAX = 64 * 1024;
/** Methods that say with Content-Length: 0 that there is no body; curl says it for an empty one. */
const EXPECTS_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** `body`: of the request, its stream read out. `runWords`: quoted. In one line. */
export function curlOf(request: Request, body: Uint8Array | undefined, runWords: readonly string[]): string {
  const content = body ?? (EXPECTS_BODY.has(request.method) ? new Uint8Array(0) : undefined);
  const { pipe, words: bodyWords } = bodyOf(content);
  const words = [
    ...['curl', ...(/[[\]{}]/.test(request.url) ? ['-g'] : []), ...methodOf(request.method, content)],
    quoted(request.url),
    ...fieldsOf(request, content !== undefined).flatMap((line) => ['-H', quotedOctets(line)]),
    ...bodyWords,
    ...runWords,
  ];
  return pipe + words.join(' ');
}

function methodOf(method: string, content: Uint8Array | undefined): string[] {
  if (method === (content === undefined ? 'GET' : 'POST')) return [];
  if (method === 'HEAD' && content === undefined) return ['-I'];
  return ['-X', quoted(method)];
}

/** What curl would add by itself is taken away where the request does not have it. */
function fieldsOf({ headers }: Request, hasContent: boolean): string[] {
  const lines = headers.text.split('\r\n').filter((line) => line !== '' && !/^accept: \*\/\*$/i.test(line));
  const fields = lines.map((line) => (line.endsWith(': ') ? `${line.slice(0, -2)};` : line));
  if (headers.host !== undefined) fields.unshift(`Host: ${headers.host}`);
  if (!headers.has('user-agent')) fields.push('User-Agent:');
  if (!headers.has('accept')) fields.push('Accept:');
  if (hasContent && !headers.has('content-type')) fields.push('Content-Type:');
  return fields;
}

interface BodyWords {
  /** In front of the command. */
  readonly pipe: string;
  readonly words: readonly string[];
}

function bodyOf(content: Uint8Array | undefined): BodyWords {
  if (content === undefined) return { pipe: '', words: [] };
  const fits = content.length <= WORD_BYTES_MAX && !content.includes(0) && isUtf8(content);
  const text = Buffer.from(content.buffer, content.byteOffset, content.length);
  if (fits) return { pipe: '', words: ['--data-raw', quoted(text.toString('utf8'))] };
  return { pipe: `printf '${formatOf(content)}' | `, words: ['--data-binary', '@-'] };
}
