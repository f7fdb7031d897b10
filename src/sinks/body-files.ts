// Bodies as files in a folder beside the output: where each goes, and writing it. The path is made of the index and
// the media type alone: nothing that a URL or a header says can lead out of the folder.

import { mkdir, writeFile } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Response } from '../model/outcome.ts';
import { type OutputError, openingError, writingError } from './output-error.ts';
import { isJsonType } from './shown-body.ts';

/** Files of one folder; many more would make folders slow to list. */
const FILES_PER_FOLDER = 1000;
/** Beside no file, since the records go to standard output. */
const FOLDER_OF_STANDARD_OUTPUT = 'flurry-bodies';

export class BodyFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Calls back when the body is stored, with its path from the output's own folder. Replaces what is there. */
  store(response: Response, done: (error: OutputError | undefined, bodyFile: string) => void): void {
    const file = fileOf(response.index, response.mediaType);
    const path = join(this.folder, file);
    const stored = (error: Error | null) => {
      if (error !== null) done(writingError(path, error), '');
      else done(undefined, `${basename(this.folder)}/${file}`);
    };
    writeFile(path, response.body, (error) => {
      if (error?.code !== 'ENOENT') stored(error);
      else
        makeFolder(dirname(path), (failure) =>
          failure ? stored(failure) : writeFile(path, response.body, stored),
        );
    });
  }
}

/** For records in the file `output`, or on standard output where there is none. Makes the folder. */
export function openBodyFiles(output: string | undefined): Promise<BodyFiles> {
  const folder = output === undefined ? FOLDER_OF_STANDARD_OUTPUT : `${output}.bodies`;
  return new Promise((resolve, reject) => {
    makeFolder(folder, (error) => {
      if (error !== null) reject(openingError(folder, error));
      else resolve(new BodyFiles(folder));
    });
  });
}

function makeFolder(path: string, done: (error: Error | null) => void): void {
  mkdir(path, { recursive: true }, (error) => done(error));
}

/** `000/000123.json`: always with slashes, also on Windows. */
export function fileOf(index: number, mediaType: string): string {
  const folder = String(Math.floor(index / FILES_PER_FOLDER)).padStart(3, '0');
  return `${folder}/${String(index).padStart(6, '0')}.${extensionOf(mediaType)}`;
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
