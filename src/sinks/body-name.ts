// What a file of a body is called: by the index of its request or by its content, and by its media type. Nothing that a
// URL or a header says can lead out of the folder.

import { isJsonType } from './shown-body.ts';

/** Index by index a folder gets as many, then the next one; with a million files the first one's turn comes again, so
 *  that files far apart, of a sample, do not each get a folder of their own. */
const FILES_IN_A_ROW = 1000;
const FOLDERS = 1000;

/** `000/000123.json`: always with slashes, also on Windows. */
export function indexName(index: number, mediaType: string): string {
  const folder = String(Math.floor(index / FILES_IN_A_ROW) % FOLDERS).padStart(3, '0');
  return `${folder}/${indexStem(index)}.${extensionOf(mediaType)}`;
}

export function indexStem(index: number): string {
  return String(index).padStart(6, '0');
}

/** `ab/cd/abcd….json`. `sha256` in hexadecimal digits. */
export function hashName(sha256: string, mediaType: string): string {
  return `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}.${extensionOf(mediaType)}`;
}

function extensionOf(mediaType: string): string {
  const known = EXTENSIONS.get(mediaType);
  if (known !== undefined) return known;
  if (isJsonType(mediaType)) return 'json';
  return mediaType.endsWith('+xml') ? 'xml' : 'bin';
}

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['application/gzip', 'gz'],
  ['application/javascript', 'js'],
  ['application/jsonl', 'jsonl'],
  ['application/pdf', 'pdf'],
  ['application/wasm', 'wasm'],
  ['application/x-ndjson', 'jsonl'],
  ['application/xhtml+xml', 'xhtml'],
  ['application/xml', 'xml'],
  ['application/zip', 'zip'],
  ['audio/mpeg', 'mp3'],
  ['font/woff', 'woff'],
  ['font/woff2', 'woff2'],
  ['image/avif', 'avif'],
  ['image/gif', 'gif'],
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/svg+xml', 'svg'],
  ['image/vnd.microsoft.icon', 'ico'],
  ['image/webp', 'webp'],
  ['image/x-icon', 'ico'],
  ['text/css', 'css'],
  ['text/csv', 'csv'],
  ['text/html', 'html'],
  ['text/javascript', 'js'],
  ['text/markdown', 'md'],
  ['text/plain', 'txt'],
  ['text/xml', 'xml'],
  ['video/mp4', 'mp4'],
]);
