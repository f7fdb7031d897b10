// Before all tests: the sources as JavaScript, for tests that start the command line as a process of its own. Types are
// taken out file by file, in some hundredths of a second; whether they hold is the compiler's concern, not this one's.

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transformWithOxc } from 'vite';
import type { TestProject } from 'vitest/node';

const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

declare module 'vitest' {
  export interface ProvidedContext {
    /** The executable, for `node`. */
    readonly flurryBin: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  // A folder for each run of the tests, because two may overlap.
  const folder = mkdtempSync(join(tmpdir(), 'flurry-built-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const compileAll = async () => {
    await Promise.all(sources().map((file) => compile(file, join(folder, 'dist'))));
  };
  await compileAll();
  project.onTestsRerun(compileAll);
  project.provide('flurryBin', join(folder, 'dist/cli/bin.js'));
  return () => rmSync(folder, { recursive: true, force: true });
}

function sources(): string[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts'));
}

async function compile(file: string, dist: string): Promise<void> {
  const { code } = await transformWithOxc(readFileSync(join(SRC, file), 'utf8'), file, {
    sourcemap: false,
    target: 'es2022',
    typescript: { rewriteImportExtensions: 'rewrite', onlyRemoveTypeImports: true },
  });
  const to = join(dist, file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, code);
}
