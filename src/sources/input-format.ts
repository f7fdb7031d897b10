// What an input is: by the extension of its name, else by its first line, which also tells a HAR file under a name for
// JSON or text. Reads nothing and drops no byte but the BOM.

export type InputFormat = 'auto' | 'lines' | 'jsonl' | 'csv' | 'har';
export type FormName = Exclude<InputFormat, 'auto'>;

/** So much of an input may be looked at before it has to be decided what it is. */
export const START_BYTES_MAX = 16 * 1024;
/** So much of it is needed to know its encoding. */
export const MARK_BYTES = 3;

const LF = 10;
const EXTENSIONS: Readonly<Record<string, FormName>> = {
  txt: 'lines',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'jsonl',
  csv: 'csv',
  har: 'har',
};

/** Undefined where the name does not say. */
export function formOfName(name: string): FormName | undefined {
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
}

/** A HAR file is often saved under a name for JSON, or for text: there the content has a say as well. */
export function mayBeHar(name: string): boolean {
  return /\.(?:json|txt)$/i.test(name);
}

/** By the first line that is not blank; undefined where that line is not whole, unless that `mustDo`. */
export function formOfStart(start: Buffer, mustDo: boolean): FormName | undefined {
  let from = 0;
  while (from < start.length && start[from]! <= 32) from++;
  const newline = start.indexOf(LF, from);
  if (newline === -1 && !mustDo) return undefined;
  return formOfLine(start.toString('utf8', from, newline === -1 ? start.length : newline).trim());
}

function formOfLine(line: string): FormName {
  // An object on one line is a request; one that goes on below, or that has a log, is a HAR file.
  if (line.startsWith('{')) return line === '{' || /^\{\s*"log"\s*:/.test(line) ? 'har' : 'jsonl';
  if (line.startsWith('#')) return 'lines';
  // Before the quote: a header may be in quotes too, and a JSON string that is a URL has :// in it.
  if (!line.includes('://') && line.split(',').some(isUrlColumn)) return 'csv';
  return line.startsWith('"') ? 'jsonl' : 'lines';
}

function isUrlColumn(column: string): boolean {
  return /^\s*("?)url\1\s*$/i.test(column);
}

/** The start without its byte order mark. Throws where the bytes are no UTF-8 text at all. */
export function withoutMark(start: Buffer, name: string): Buffer {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return start.subarray(MARK_BYTES);
  if ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff)) {
    throw new Error(`${name} is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8`);
  }
  if (start[0] === 0x1f && start[1] === 0x8b) {
    throw new Error(`${name} is compressed with gzip; unpack it on the way in: gzip -dc FILE | flurry -i -`);
  }
  return start;
}
