// -F and --form-string as parts of a multipart body, read as curl reads them (src/tool_formparse.c). Where curl warns and
// sends something else than was meant, it refuses.

import { basename } from 'node:path';
import { type FileBody, fileBody } from '../bodies/file-body.ts';
import { multipart, type Part } from '../bodies/multipart.ts';
import type { BodyStream } from '../model/body-stream.ts';
import { usage } from './exit-codes.ts';
import { readBytes } from './input-files.ts';

/** Reads all of standard input. */
type ReadStdin = () => Promise<Buffer>;

export interface FormOption {
  readonly name: 'formField' | 'formString';
  readonly text: string;
}

interface Field {
  readonly name: string;
  /** `@`: a file to attach; `<`: a file whose content is the text; else the text itself. */
  readonly sign: '@' | '<' | '';
  readonly content: string;
  readonly type: string | undefined;
  readonly filename: string | undefined;
}

/** What curl makes of the end of a name. */
const TYPES: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  htm: 'text/html',
  html: 'text/html',
  pdf: 'application/pdf',
  xml: 'application/xml',
};
const QUOTES = `put quotes around a content or name with ; or , such as 'name="a;b"'`;
const SPACE = /\s/;

/** A larger file is read while it is sent, each time anew; a smaller one is read once, for all requests. */
const HELD_BYTES_MAX = 1024 * 1024;

/** Throws Exit where `path`, which `flag` names, cannot be read. */
export function contentOfFile(path: string, flag: string, advice = ''): Buffer | FileBody {
  const body = bodyOfFile(path);
  if (body === undefined) return readBytes(path, flag, advice);
  return body.length === undefined || body.length > HELD_BYTES_MAX ? body : readBytes(path, flag, advice);
}

/** Undefined where it cannot be read: reading it says why, in this room's words. */
function bodyOfFile(path: string): FileBody | undefined {
  try {
    return fileBody(path);
  } catch {
    return undefined;
  }
}

/** Throws Exit. */
export async function formBody(options: readonly FormOption[], readStdin: ReadStdin): Promise<BodyStream> {
  const parts: Part[] = [];
  for (const { name, text } of options) {
    parts.push(name === 'formString' ? literalPart(text) : await partOf(readField(text), readStdin));
  }
  return made(parts);
}

function made(parts: readonly Part[]): BodyStream {
  try {
    return multipart(parts);
  } catch (error) {
    if (error instanceof TypeError) throw usage(`--form: ${error.message}`);
    throw error;
  }
}

function literalPart(text: string): Part {
  const { name, rest } = split(text, '--form-string');
  return { name, value: rest };
}

async function partOf(field: Field, readStdin: ReadStdin): Promise<Part> {
  const { name, sign, content, type, filename } = field;
  const typed = type ?? typeByName(filename ?? '');
  if (sign === '') return { name, value: content, filename, contentType: typed ?? null };
  const value = content === '-' ? await readStdin() : contentOfFile(content, '--form');
  if (sign === '<') return { name, value, filename: null, contentType: type ?? null };
  const contentType = typed ?? typeByName(content) ?? (content === '-' ? null : 'application/octet-stream');
  return { name, value, filename: filename ?? basename(content), contentType };
}

function typeByName(name: string): string | undefined {
  const end = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase();
  return end !== undefined && Object.hasOwn(TYPES, end) ? TYPES[end] : undefined;
}

/** What is wrong is not repeated: it may be a password whose name was forgotten. */
function split(text: string, flag: string): { name: string; rest: string } {
  const at = text.indexOf('=');
  if (at > 0) return { name: text.slice(0, at), rest: text.slice(at + 1) };
  throw usage(`${flag} takes name=content, such as 'comment=hello' or 'photo=@photo.png'`);
}

function readField(text: string): Field {
  const { name, rest } = split(text, '--form');
  const sign = rest.startsWith('@') ? '@' : rest.startsWith('<') ? '<' : '';
  const word = readWord(rest, sign.length);
  if (sign === '@' && word.comma) {
    throw usage(`-F ${name}=@ takes one file; give -F once for each, or ${QUOTES}`);
  }
  const { type, filename } = readParameters(name, rest, word.end);
  if (sign === '<' && filename !== undefined) {
    throw usage(
      `-F ${name}=< takes the text of a file and no ;filename=; to attach the file write ${name}=@`,
    );
  }
  return { name, sign, content: word.value, type, filename };
}

/** What stands behind the content: `;type=…` (with its own parameters), `;filename=…`. */
function readParameters(name: string, text: string, start: number): Pick<Field, 'type' | 'filename'> {
  let type: string | undefined;
  let filename: string | undefined;
  /** The last one was a type, so that what follows without a name of its own belongs to it. */
  let inType = false;
  for (let at = start; text[at] === ';'; ) {
    const semicolon = at;
    const from = skipSpace(text, at + 1);
    const key = /^(type|filename|headers|encoder)=/i.exec(text.slice(from, from + 10))?.[1]?.toLowerCase();
    if (key === 'filename') {
      const word = readWord(text, from + 'filename='.length);
      filename = word.value;
      at = word.end;
      inType = false;
      continue;
    }
    const end = endOfBlock(text, from);
    const block = text.slice(from, end).trimEnd();
    at = end;
    if (block === '') continue;
    if (key === 'type' && !inType) {
      type = block.slice('type='.length).trimStart();
      if (!/^[^/\s]+\/[^;,\s]+$/.test(type))
        throw usage(`the ;type= of -F ${name} is no media type, such as text/plain`);
      inType = true;
    } else if (inType && (key === undefined || key === 'type')) {
      type += text.slice(semicolon, end).trimEnd();
    } else {
      throw usage(`behind the content of -F ${name} only ;type= and ;filename= can stand; ${QUOTES}`);
    }
  }
  return { type, filename };
}

interface Word {
  readonly value: string;
  readonly end: number;
  /** It holds a comma, and no quotes around it. */
  readonly comma: boolean;
}

/** In quotes, where `\\` and `\"` are one character; or up to the next semicolon, without the space around it. */
function readWord(text: string, start: number): Word {
  const from = skipSpace(text, start);
  const quoted = text[from] === '"' ? readQuoted(text, from + 1) : undefined;
  if (quoted !== undefined) return quoted;
  const end = endOfBlock(text, from);
  const value = text.slice(from, end).trimEnd();
  return { value, end, comma: value.includes(',') };
}

/** Undefined where the quotes are never closed: then, as in curl, they are part of the content. */
function readQuoted(text: string, start: number): Word | undefined {
  let value = '';
  for (let at = start; at < text.length; at++) {
    const next = text[at + 1];
    if (text[at] === '\\' && (next === '\\' || next === '"')) value += text[++at]!;
    else if (text[at] === '"') {
      const end = endOfBlock(text, at + 1);
      if (text.slice(at + 1, end).trim() !== '') {
        throw usage(`behind closing quotes in -F only ; can stand; a quote within them is written \\"`);
      }
      return { value, end, comma: false };
    } else value += text[at]!;
  }
  return undefined;
}

function endOfBlock(text: string, from: number): number {
  const end = text.indexOf(';', from);
  return end === -1 ? text.length : end;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && SPACE.test(text[at]!)) at++;
  return at;
}
