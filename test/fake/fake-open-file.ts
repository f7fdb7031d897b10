// Open files of the simulated disk (fake-files.ts): what each of their operations does whole, by half, and when it fails.

import type { OpenFile } from '../../src/model/contracts.ts';
import type { Appender } from '../../src/storage/appender.ts';
import type { FakeInode } from './fake-inode.ts';

export type FileOperation =
  | 'open'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'close'
  | 'rename'
  | 'remove'
  | 'makeFolder'
  | 'syncFolder'
  | 'read'
  | 'size'
  | 'exists';

/** What an operation does when it is whole, when the process ends within it, and when it fails. */
export interface Effects<T> {
  readonly whole: () => T;
  readonly half?: () => void;
  readonly failed?: () => void;
}

/** Who counts operations and breaks them off. */
export interface FakeDisk {
  /** A turn later. */
  turnOf<T>(kind: FileOperation, path: string, detail: string, effects: Effects<T>): Promise<T>;
  perform<T>(kind: FileOperation, path: string, detail: string, effects: Effects<T>): T;
}

export class FakeFile implements OpenFile {
  readonly #disk: FakeDisk;
  readonly #path: string;
  readonly #inode: FakeInode;
  readonly #writable: boolean;
  #open = true;
  #busy = false;

  constructor(disk: FakeDisk, path: string, inode: FakeInode, writable: boolean) {
    this.#disk = disk;
    this.#path = path;
    this.#inode = inode;
    this.#writable = writable;
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    const put = (end: number) => this.#inode.write(bytes.subarray(0, end), position);
    return this.#does('write', ` ${position}+${bytes.length}`, {
      whole: () => put(bytes.length),
      half: () => put(bytes.length >> 1),
    });
  }

  read(position: number, length: number): Promise<Uint8Array> {
    return this.#does('read', '', { whole: () => this.#inode.bytes.slice(position, position + length) });
  }

  size(): Promise<number> {
    return this.#does('size', '', { whole: () => this.#inode.bytes.length });
  }

  truncate(size: number): Promise<void> {
    return this.#does('truncate', ` ${size}`, { whole: () => this.#inode.truncate(size) });
  }

  sync(): Promise<void> {
    return this.#does('sync', '', syncEffects(this.#inode));
  }

  close(): Promise<void> {
    const whole = () => {
      this.#open = false;
    };
    return this.#does('close', '', { whole });
  }

  /** Two operations at a time on one file are a mistake that a real one might forgive. */
  async #does<T>(kind: FileOperation, detail: string, effects: Effects<T>): Promise<T> {
    if (this.#busy) throw new Error(`${kind} ${this.#path}: another operation is under way`);
    if (!this.#open) throw systemError('EBADF', kind, this.#path);
    if (!this.#writable && (kind === 'write' || kind === 'truncate'))
      throw systemError('EBADF', kind, this.#path);
    this.#busy = true;
    try {
      return await this.#disk.turnOf(kind, this.#path, detail, effects);
    } finally {
      this.#busy = false;
    }
  }
}

export class FakeAppender implements Appender {
  readonly #disk: FakeDisk;
  readonly #path: string;
  readonly #inode: FakeInode;

  constructor(disk: FakeDisk, path: string, inode: FakeInode) {
    this.#disk = disk;
    this.#path = path;
    this.#inode = inode;
  }

  append(bytes: Uint8Array): void {
    const at = this.#inode.bytes.length;
    const put = (end: number) => this.#inode.write(bytes.subarray(0, end), at);
    this.#disk.perform('write', this.#path, ` ${at}+${bytes.length}`, {
      whole: () => put(bytes.length),
      half: () => put(bytes.length >> 1),
    });
  }

  sync(): void {
    this.#disk.perform('sync', this.#path, '', syncEffects(this.#inode));
  }

  close(): void {
    this.#disk.perform('close', this.#path, '', { whole: () => {} });
  }
}

function syncEffects(inode: FakeInode): Effects<void> {
  return {
    whole: () => inode.sync(),
    half: () => inode.syncHalf(),
    failed: () => inode.forgetUnsynced(),
  };
}

export function systemError(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code, syscall: operation, path });
}
