// Small files that are written to before a call returns: for what must be in the file before a request may leave. Apart
// from Files because it blocks: each call is a few microseconds, and a disk's answer where it syncs. Repeats no failed sync.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/** A file that only grows. After an operation that threw, what it ends with is not known. */
export interface Appender {
  /** All of the bytes at its end, or it throws. They may change afterwards. */
  append(bytes: Uint8Array): void;
  /** What was appended outlives a loss of power (fdatasync). */
  sync(): void;
  close(): void;
}

/** Where they come from; a simulated one breaks off at any of these steps. Errors carry the system's `code`. */
export interface Appenders {
  /** Made, or emptied. */
  create(path: string): Appender;
  /** Made with these contents, and only where there is none: false where there is. */
  claim(path: string, contents: string): boolean;
  /** All of a file; undefined where there is none. */
  read(path: string): Uint8Array | undefined;
  /** Replaces what is there. */
  rename(from: string, to: string): void;
  /** No error where there is none. */
  remove(path: string): void;
  /** The names in a folder outlive a loss of power. */
  syncFolder(path: string): void;
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;
/** Windows opens no folder; some file systems sync none. */
const NO_FOLDER_SYNC = ['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF'];

export class SystemAppenders implements Appenders {
  create(path: string): Appender {
    return new SystemAppender(openSync(path, CREATE));
  }

  claim(path: string, contents: string): boolean {
    try {
      writeFileSync(path, contents, { flag: 'wx' });
      return true;
    } catch (error) {
      if (isOneOf(error, ['EEXIST'])) return false;
      // It was made and has found no room: an empty one would be taken for one that is just being filled.
      if (isOneOf(error, ['ENOSPC', 'EDQUOT'])) this.remove(path);
      throw error;
    }
  }

  read(path: string): Uint8Array | undefined {
    try {
      return readFileSync(path);
    } catch (error) {
      if (isOneOf(error, ['ENOENT'])) return undefined;
      throw error;
    }
  }

  rename(from: string, to: string): void {
    renameSync(from, to);
  }

  remove(path: string): void {
    try {
      unlinkSync(path);
    } catch (error) {
      if (!isOneOf(error, ['ENOENT'])) throw error;
    }
  }

  syncFolder(path: string): void {
    try {
      const fd = openSync(path, constants.O_RDONLY);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (!isOneOf(error, NO_FOLDER_SYNC)) throw error;
    }
  }
}

class SystemAppender implements Appender {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = writeSync(this.#fd, bytes, from, bytes.length - from);
      if (count === 0)
        throw Object.assign(new Error('EIO: the system took no byte of a write'), { code: 'EIO' });
      from += count;
    }
  }

  sync(): void {
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function isOneOf(error: unknown, codes: readonly string[]): boolean {
  return codes.includes(String((error as { code?: unknown } | null | undefined)?.code));
}
