// A file as a source of requests. Opened at once, so that a wrong name is known before anything is sent; read as a
// stream, so that its size does not matter.

import { closeSync, createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isMainThread } from 'node:worker_threads';
import type { Source } from '../model/contracts.ts';
import { readProblem } from './input-problem.ts';
import { type InputOptions, openInput } from './input-source.ts';

const CHUNK_BYTES = 64 * 1024;

export type FileOptions = Omit<InputOptions, 'name'>;

/** Throws an error of one line when there is no such file, or it cannot be read. */
export function openFile(path: string, options: FileOptions): Source {
  return openInput(openStream(path), { ...options, name: path });
}

function openStream(path: string): Readable {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    // A pipe is read as a socket: a file's read under way cannot be called off, and would keep the process alive.
    // Not in a worker: when it ends, Node closes there again what a socket has closed, by then somebody else's.
    if (stat.isFIFO() && isMainThread) return new Socket({ fd, readable: true, writable: false });
    return createReadStream(path, { fd, highWaterMark: CHUNK_BYTES });
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw readProblem(path, error);
  }
}
