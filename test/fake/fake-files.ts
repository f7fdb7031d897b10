// Files in memory that break off where a test says: `crashAt` and `failAt` name the operation, `crash` gives the files
// as the next process finds them. Contents and names that were not synced may be lost or torn with the power, chosen by
// a seed. Each operation takes effect a turn later, as those of a system do, and only then are the bytes looked at.

import { dirname, normalize } from 'node:path';
import type { Files, OpenFile } from '../../src/model/contracts.ts';
import type { Appenders } from '../../src/storage/appender.ts';
import { FakeInode } from './fake-inode.ts';
import { type Effects, FakeAppender, FakeFile, type FileOperation, systemError } from './fake-open-file.ts';

export type { FileOperation };

/** What leaves the files as they are is counted only where a rule names it. */
const LOOKS = new Set<FileOperation>(['read', 'size', 'exists', 'close']);

export interface Only {
  readonly kind?: FileOperation;
  /** A path, or what it matches. A rename is known by both of its paths. */
  readonly path?: string | RegExp;
}

export interface FailureTerms extends Only {
  /** Every such operation from that one on fails, as on a disk that stays full. */
  readonly stays?: boolean;
  /** A write that fails has put half of its bytes there before. */
  readonly half?: boolean;
}

/** What every operation ends in from the crash on: nobody is there any more to see it. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

interface Rule extends FailureTerms {
  /** How many operations are still before it. */
  left: number;
  readonly moment: 'before' | 'half' | 'after';
  /** A crash has none. */
  readonly code?: string;
}

type NameChange =
  | { readonly type: 'link'; readonly path: string; readonly inode: FakeInode }
  | { readonly type: 'rename'; readonly from: string; readonly path: string; readonly inode: FakeInode }
  | { readonly type: 'remove'; readonly path: string };

type Names = Map<string, FakeInode>;

export class FakeFiles implements Files {
  /** What has changed the files so far, in order: `write out.jsonl 0+12`. */
  readonly log: string[] = [];
  #names: Names = new Map();
  #durableNames: Names = new Map();
  #unsyncedNames: NameChange[] = [];
  #folders = new Set(['.', '/']);
  #rules: Rule[] = [];
  #dead = false;
  #held: Promise<void> | undefined;
  #release = (): void => {};

  /** Operations so far that change something. */
  get operations(): number {
    return this.log.length;
  }

  /** The n-th operation from now, from 1, is the last of this process. */
  crashAt(n: number, moment: 'before' | 'half' | 'after' = 'before', only: Only = {}): this {
    this.#rules.push({ ...only, left: n - 1, moment });
    return this;
  }

  /** The n-th operation from now, from 1, fails with an error of the system. */
  failAt(n: number, code: string, terms: FailureTerms = {}): this {
    this.#rules.push({ ...terms, left: n - 1, moment: terms.half === true ? 'half' : 'before', code });
    return this;
  }

  /** No operation of Files ends until `release`. */
  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#held = undefined;
    this.#release();
  }

  /** The end of this process, now, by itself or with the power. What the next one finds; this one finds nothing more. */
  crash(kind: 'process' | 'power', seed = 0): FakeFiles {
    this.#dead = true;
    const found = new FakeFiles();
    found.#folders = new Set(this.#folders);
    const random = seeded(seed);
    const names = new Map(kind === 'process' ? this.#names : this.#namesAfterPowerLoss(random));
    const inodes = new Map<FakeInode, FakeInode>();
    const next = (inode: FakeInode): FakeInode => {
      const there = inodes.get(inode);
      if (there !== undefined) return there;
      const made = kind === 'process' ? inode.copy() : inode.afterPowerLoss(random);
      inodes.set(inode, made);
      return made;
    };
    found.#names = mapped(names, next);
    found.#durableNames = kind === 'process' ? mapped(this.#durableNames, next) : new Map(found.#names);
    if (kind === 'process')
      found.#unsyncedNames = this.#unsyncedNames.map((change) =>
        change.type === 'remove' ? change : { ...change, inode: next(change.inode) },
      );
    return found;
  }

  /** A file that has been there for long, on the disk. Its folder, too. */
  put(path: string, contents: Uint8Array | string): void {
    const inode = new FakeInode();
    inode.write(typeof contents === 'string' ? Buffer.from(contents) : contents, 0);
    inode.sync();
    this.#folders.add(dirname(normalize(path)));
    this.#names.set(normalize(path), inode);
    this.#durableNames.set(normalize(path), inode);
  }

  /** What a process reads from a file now; undefined where there is none. */
  contents(path: string): Uint8Array | undefined {
    return this.#names.get(normalize(path))?.bytes.slice();
  }

  text(path: string): string | undefined {
    const bytes = this.contents(path);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  }

  get paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  async open(path: string, mode: 'create' | 'update' | 'read'): Promise<OpenFile> {
    await this.#turn();
    return new FakeFile(this, normalize(path), this.openInode(path, mode), mode !== 'read');
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#turn();
    this.appenders.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await this.#turn();
    this.appenders.remove(path);
  }

  async exists(path: string): Promise<boolean> {
    await this.#turn();
    const at = normalize(path);
    return this.perform('exists', at, '', { whole: () => this.#names.has(at) || this.#folders.has(at) });
  }

  async makeFolder(path: string): Promise<void> {
    await this.#turn();
    const whole = () => {
      for (let at = normalize(path); !this.#folders.has(at); at = dirname(at)) this.#folders.add(at);
    };
    this.perform('makeFolder', normalize(path), '', { whole });
  }

  async syncFolder(path: string): Promise<void> {
    await this.#turn();
    this.appenders.syncFolder(path);
  }

  /** The same files for who cannot wait. */
  readonly appenders: Appenders = {
    create: (path) => new FakeAppender(this, normalize(path), this.openInode(path, 'create')),
    claim: (path, contents) => {
      if (this.#names.has(normalize(path))) return false;
      new FakeAppender(this, normalize(path), this.openInode(path, 'create')).append(Buffer.from(contents));
      return true;
    },
    read: (path) => this.perform('read', normalize(path), '', { whole: () => this.contents(path) }),
    rename: (from, to) => {
      const [source, target] = [normalize(from), normalize(to)];
      this.perform('rename', source, ` ${target}`, { whole: () => this.#rename(source, target) });
    },
    remove: (path) => {
      const at = normalize(path);
      const whole = () => {
        if (this.#names.has(at)) this.#changeName({ type: 'remove', path: at });
      };
      this.perform('remove', at, '', { whole });
    },
    syncFolder: (path) => {
      const folder = normalize(path);
      this.perform('syncFolder', folder, '', { whole: () => this.#syncNames(folder) });
    },
  };

  /** For the open files of this disk alone, as are those below. */
  openInode(path: string, mode: 'create' | 'update' | 'read'): FakeInode {
    const at = normalize(path);
    const whole = () => {
      if (this.#folders.has(at)) throw systemError('EISDIR', 'open', at);
      if (!this.#folders.has(dirname(at))) throw systemError('ENOENT', 'open', at);
      const there = this.#names.get(at);
      if (there === undefined && mode === 'read') throw systemError('ENOENT', 'open', at);
      const inode = there ?? new FakeInode();
      if (there === undefined) this.#changeName({ type: 'link', path: at, inode });
      else if (mode === 'create') inode.truncate(0);
      return inode;
    };
    return this.perform('open', at, ` ${mode}`, { whole });
  }

  async turnOf<T>(kind: FileOperation, path: string, detail: string, effects: Effects<T>): Promise<T> {
    await this.#turn();
    return this.perform(kind, path, detail, effects);
  }

  perform<T>(kind: FileOperation, path: string, detail: string, effects: Effects<T>): T {
    if (this.#dead) throw new Crashed(`${kind} ${path}: after the crash`);
    const looks = LOOKS.has(kind) || detail === ' read';
    if (!looks) this.log.push(`${kind} ${path}${detail}`);
    const rule = this.#due(kind, `${path}${detail}`, path, looks);
    if (rule === undefined) return effects.whole();
    if (rule.moment === 'after') effects.whole();
    else if (rule.moment === 'half') effects.half?.();
    if (rule.code !== undefined) {
      effects.failed?.();
      throw systemError(rule.code, kind, path);
    }
    this.#dead = true;
    throw new Crashed(`${kind} ${path}: the crash`);
  }

  toString(): string {
    return `files ${this.paths.length}, operations ${this.operations}${this.#dead ? ', crashed' : ''}`;
  }

  #due(kind: FileOperation, named: string, path: string, looks: boolean): Rule | undefined {
    let due: Rule | undefined;
    for (const rule of this.#rules) {
      if (rule.kind === undefined ? looks : rule.kind !== kind) continue;
      if (typeof rule.path === 'string' ? normalize(rule.path) !== path : rule.path?.test(named) === false)
        continue;
      if (rule.left === 0) due ??= rule;
      if (rule.left > 0 || rule.stays !== true) rule.left--;
    }
    return due;
  }

  async #turn(): Promise<void> {
    await undefined;
    while (this.#held !== undefined) await this.#held;
  }

  #rename(from: string, to: string): void {
    const inode = this.#names.get(from);
    if (inode === undefined || !this.#folders.has(dirname(to))) throw systemError('ENOENT', 'rename', from);
    if (this.#folders.has(to)) throw systemError('EISDIR', 'rename', to);
    this.#changeName({ type: 'rename', from, path: to, inode });
  }

  #changeName(change: NameChange): void {
    applyTo(this.#names, change);
    this.#unsyncedNames.push(change);
  }

  #syncNames(folder: string): void {
    if (!this.#folders.has(folder)) throw systemError('ENOENT', 'fsync', folder);
    const left: NameChange[] = [];
    for (const change of this.#unsyncedNames) {
      if (dirname(change.path) === folder) applyTo(this.#durableNames, change);
      else left.push(change);
    }
    this.#unsyncedNames = left;
  }

  /** Any of the changes may have reached the disk; none of them by half. */
  #namesAfterPowerLoss(random: () => number): Names {
    const names = new Map(this.#durableNames);
    const luck = random() < 0.5 ? Math.round(random()) : 0.5;
    for (const change of this.#unsyncedNames) if (random() < luck) applyTo(names, change);
    return names;
  }
}

function applyTo(names: Names, change: NameChange): void {
  if (change.type === 'rename') names.delete(change.from);
  if (change.type === 'remove') names.delete(change.path);
  else names.set(change.path, change.inode);
}

function mapped(names: Names, next: (inode: FakeInode) => FakeInode): Names {
  return new Map([...names].map(([path, inode]) => [path, next(inode)]));
}

/** mulberry32: small, and every seed gives another sequence. */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
