// Bodies as files in a folder beside the output: where each goes, and writing those that are in memory. The path is
// made of the index and the media type alone: nothing that a URL or a header says can lead out of the folder.

import { unlink, unlinkSync, writeFile } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BodyStore, BodyWriter } from '../model/contracts.ts';
import type { Response, StoredBody } from '../model/outcome.ts';
import { BodyBlocks } from './body-blocks.ts';
import { makeFolder } from './body-folder.ts';
import { type OutputError, openingError, writingError } from './output-error.ts';
import { PartFile } from './part-file.ts';
import { isJsonType } from './shown-body.ts';

/** Files of one folder; many more would make folders slow to list. */
const FILES_PER_FOLDER = 1000;
/** Beside no file, since the records go to standard output. */
const FOLDER_OF_STANDARD_OUTPUT = 'flurry-bodies';

export class BodyFiles implements BodyStore {
  readonly folder: string;
  /** A body that came piece by piece can be stored no further. */
  onError: ((error: OutputError) => void) | undefined;
  readonly blocks = new BodyBlocks();

  constructor(folder: string) {
    this.folder = folder;
  }

  open(index: number, onRoom: () => void): BodyWriter {
    const nameOf = (mediaType: string) => {
      const file = fileOf(index, mediaType);
      return { path: join(this.folder, file), file: this.#recorded(file) };
    };
    return new PartFile(this, join(this.folder, stemOf(index)), nameOf, onRoom);
  }

  discard({ file }: StoredBody): void {
    try {
      // At once, so that it is gone when the run is over.
      unlinkSync(join(dirname(this.folder), file));
    } catch {
      // No more than a file too many.
    }
  }

  #recorded(file: string): string {
    return `${basename(this.folder)}/${file}`;
  }

  /** Calls back when the body is stored, with its path from the output's own folder. Replaces what is there. */
  store(response: Response, done: (error: OutputError | undefined, bodyFile: string) => void): void {
    const file = fileOf(response.index, response.mediaType);
    const path = join(this.folder, file);
    const stored = (error: Error | null) => {
      if (error === null) done(undefined, this.#recorded(file));
      // Half a file under the name of a whole one would be taken for it.
      else unlink(path, () => done(writingError(path, error), ''));
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

/** `000/000123.json`: always with slashes, also on Windows. */
export function fileOf(index: number, mediaType: string): string {
  return `${stemOf(index)}.${extensionOf(mediaType)}`;
}

function stemOf(index: number): string {
  const folder = String(Math.floor(index / FILES_PER_FOLDER)).padStart(3, '0');
  return `${folder}/${String(index).padStart(6, '0')}`;
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
