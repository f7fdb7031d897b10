// Small files that options name: a config, certificates, a body. Read whole, with one line for people where that fails.

import { readFileSync } from 'node:fs';
import { usage } from './exit-codes.ts';

/** `what` it is read for, such as `--cacert`; `advice` where a wrong path is not the likeliest mistake. Throws Exit. */
export function readBytes(path: string, what: string, advice = ''): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw usage(`cannot read ${nameOf(path, what)}: ${readingProblem(error)}${advice}`);
  }
}

/** As UTF-8, without a byte order mark. */
export function readText(path: string, what: string): string {
  return readBytes(path, what)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

function nameOf(path: string, what: string): string {
  return what.startsWith('-') ? `${path} of ${what}` : `${what} ${path}`;
}

function readingProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of its path is a file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    default:
      return message;
  }
}
