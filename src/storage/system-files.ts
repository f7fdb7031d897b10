// The real files, over node:fs: what Files and OpenFile promise, and nothing more. It keeps no buffer, repeats no failed
// sync (the system forgets what it could not write, so the next one would "succeed"), and translates no error: whoever
// asked knows what the file was for.

import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import type { Files, OpenFile } from '../model/contracts.ts';

const FLAGS = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  update: constants.O_RDWR | constants.O_CREAT,
  read: constants.O_RDONLY,
} as const;

/** Windows opens no folder, and a folder without permission to read cannot be opened anywhere. */
const NO_OPEN_FOLDER = new Set(['EISDIR', 'EPERM', 'EACCES']);
/** Some network file systems know no sync of a folder. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EBADF']);
const NOT_THERE = new Set(['ENOENT', 'ENOTDIR']);

export class SystemFiles implements Files {
  async open(path: string, mode: 'create' | 'update' | 'read'): Promise<OpenFile> {
    return new SystemFile(await open(path, FLAGS[mode]));
  }

  rename(from: string, to: string): Promise<void> {
    return rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await unlink(path).catch(unless(NOT_THERE));
  }

  async exists(path: string): Promise<boolean> {
    return await access(path).then(() => true, unless(NOT_THERE, false));
  }

  async makeFolder(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
  }

  async syncFolder(path: string): Promise<void> {
    const folder = await open(path, constants.O_RDONLY).catch(unless(NO_OPEN_FOLDER));
    if (folder === undefined) return;
    try {
      await folder.sync().catch(unless(NO_FOLDER_SYNC));
    } finally {
      await folder.close();
    }
  }
}

class SystemFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** The system may take less than it was given, on a disk that is nearly full for one; the next write tells why. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, from, bytes.length - from, position + from);
      if (bytesWritten === 0) throw tookNothing();
      from += bytesWritten;
    }
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    let end = 0;
    while (end < length) {
      const bytesRead = await this.#readOnce(bytes, end, position + end);
      if (bytesRead === 0) break;
      end += bytesRead;
    }
    return bytes.subarray(0, end);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Node repeats what a signal has interrupted, except for reads. */
  async #readOnce(bytes: Buffer, from: number, position: number): Promise<number> {
    for (;;) {
      try {
        return (await this.#handle.read(bytes, from, bytes.length - from, position)).bytesRead;
      } catch (error) {
        if (codeOf(error) !== 'EINTR') throw error;
      }
    }
  }
}

function tookNothing(): Error {
  return Object.assign(new Error('EIO: the system took no byte of a write and gave no reason'), {
    code: 'EIO',
  });
}

function unless(codes: ReadonlySet<string>): (error: unknown) => undefined;
function unless<T>(codes: ReadonlySet<string>, value: T): (error: unknown) => T;
function unless<T>(codes: ReadonlySet<string>, value?: T): (error: unknown) => T | undefined {
  return (error) => {
    if (codes.has(codeOf(error) ?? '')) return value;
    throw error;
  };
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
