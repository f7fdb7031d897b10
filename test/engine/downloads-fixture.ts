// A server of one body that does as a plan says, attempt by attempt, and a run that downloads it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FlurryOptions, flurry, jsonLines, type RecordFileOptions } from 'flurry';
import type { BodyStore, BodyWriter } from '../../src/model/contracts.ts';
import type { RawPeer, RawRequest } from '../server/raw-server.ts';

/** Bodies beyond it are not held in memory: small enough that tests need no large ones. */
export const HELD_MAX = 64;

export interface Downloaded {
  readonly record: Record<string, unknown>;
  /** Of the body, where the record names one. */
  readonly content: string | undefined;
  /** All files beside the output. */
  readonly files: readonly string[];
}

/** Downloads it, and looks at what is left on the disk. */
export async function download(
  url: string,
  output: string,
  options: FlurryOptions = {},
  record: RecordFileOptions = {},
): Promise<Downloaded> {
  const sink = await jsonLines(output, { ...record, body: 'files' });
  await flurry([url], { bodyBytesMax: HELD_MAX, retry: 0, ...options }).to(sink);
  return downloaded(output);
}

export function downloaded(output: string): Downloaded {
  const lines = readFileSync(output, 'utf8').trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`${lines.length} records`);
  const record = JSON.parse(lines[0]!) as Record<string, unknown>;
  const file = record['bodyFile'];
  const path = typeof file === 'string' ? join(dirname(output), file) : undefined;
  return { record, content: path && readFileSync(path, 'latin1'), files: filesOf(`${output}.bodies`) };
}

export function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  return all.filter((one) => one.isFile()).map(({ name }) => name);
}

/** Bodies in memory, one for each index. */
export class MemoryBodies implements BodyStore {
  readonly bodies: string[] = [];
  appends = 0;
  /** After each append it takes no more until the event loop has turned. */
  slow = false;

  open(index: number, onRoom: () => void): BodyWriter {
    let content = '';
    return {
      get bytes() {
        return content.length;
      },
      append: (bytes, start, end) => {
        content += bytes.toString('latin1', start, end);
        this.appends++;
        if (this.slow) setImmediate(onRoom);
        return !this.slow;
      },
      restart: () => {
        content = '';
      },
      finish: (_, done) => {
        this.bodies[index] = content;
        done(undefined, { bytes: content.length, file: `body ${index}` });
      },
      remove: (done) => done(),
    };
  }

  discard(): void {
    throw new Error('nothing to discard');
  }
}

export interface Reply {
  readonly status: number;
  readonly fields: string;
  readonly body: string;
  /** Octets of the body after which the connection breaks; undefined: it is sent whole. */
  readonly cut?: number | undefined;
  readonly chunked?: boolean;
  readonly reset?: boolean;
}

export function reply(peer: RawPeer, { status, fields, body, cut, chunked, reset }: Reply): void {
  const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
  const head = `HTTP/1.1 ${status} Status\r\n${framing}\r\n${fields}\r\n`;
  const part = body.slice(0, cut ?? body.length);
  const chunk = part === '' ? '' : `${part.length.toString(16)}\r\n${part}\r\n`;
  if (cut === undefined) peer.send(head + (chunked ? `${chunk}0\r\n\r\n` : body));
  else if (reset) peer.reset(head + (chunked ? chunk : part));
  else peer.end(head + (chunked ? chunk : part));
}

/** Where the request wants the body from, and of which version. */
export function rangeOf({ head }: RawRequest): { start: number; validator: string } | undefined {
  const start = /^Range: bytes=(\d+)-\r$/m.exec(head)?.[1];
  const validator = /^If-Range: (.*)\r$/m.exec(head)?.[1];
  return start === undefined || validator === undefined ? undefined : { start: Number(start), validator };
}
