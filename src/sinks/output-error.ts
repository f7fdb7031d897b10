// Errors of the system about output files, translated into one line that says what to type next.

import { dirname, join } from 'node:path';

/** Records or bodies could not be stored. `code` is the system's own, such as ENOSPC or EPIPE. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly code: string | undefined;

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.code = codeOf(cause);
  }
}

/** A file or folder at `path` could not be opened or made. */
export function openingError(path: string, cause: unknown): OutputError {
  return new OutputError(`cannot write ${path}: ${openingAdvice(path, codeOf(cause), cause)}`, cause);
}

/** An output that had been opened takes no more. `name` is a path, or `standard output`. */
export function writingError(name: string, cause: unknown): OutputError {
  return new OutputError(`cannot write to ${name}: ${writingAdvice(codeOf(cause), cause)}`, cause);
}

function openingAdvice(path: string, code: string | undefined, cause: unknown): string {
  switch (code) {
    case 'ENOENT':
      return `there is no folder ${dirname(path)}; make it with: mkdir -p ${dirname(path)}`;
    case 'EISDIR':
      return `it is a folder; name a file in it, such as -o ${join(path, 'records.jsonl')}`;
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of this path is a file where a folder should be; name another path with -o';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied; name another file with -o, or change its permissions with chmod';
    case 'EROFS':
      return 'the file system is read-only; name a file on another one with -o';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files; lower -c, or raise the limit with ulimit -n';
    case 'ENOSPC':
    case 'EDQUOT':
      return FULL;
    default:
      return `${messageOf(cause)}; name another file with -o`;
  }
}

function writingAdvice(code: string | undefined, cause: unknown): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return FULL;
    case 'EPIPE':
      return 'its reader has closed the pipe';
    case 'EFBIG':
      return 'the file has become too large for the file system or for ulimit -f';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files; lower -c, or raise the limit with ulimit -n';
    default:
      return `${messageOf(cause)}; name a file elsewhere with -o`;
  }
}

const FULL = 'the disk is full; free some space, or name a file elsewhere with -o';

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
