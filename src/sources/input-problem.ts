// Why an input cannot be read, in the words of the person who gave it.

/** The system's error as one line that names the input and says what to do. The system's own is its cause. */
export function readProblem(name: string, error: unknown): Error {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  const known = typeof code === 'string' && Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : undefined;
  if (known !== undefined) return new Error(known(name), { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`reading ${name} failed: ${reason}; see whether it can be read at all: wc -c < FILE`, {
    cause: error,
  });
}

const PROBLEMS: Readonly<Record<string, (name: string) => string>> = {
  ENOENT: (name) => `there is no file ${name}; check its path, or give - to read standard input`,
  EACCES: noPermission,
  EPERM: noPermission,
  EISDIR: (name) => `${name} is a directory; give a file, or join its files: cat ${name}/* | flurry -i -`,
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
};

function noPermission(name: string): string {
  return `no permission to read ${name}; see who has it: ls -l ${name}`;
}

function tooManyFiles(name: string): string {
  return `no file descriptor left to open ${name}; raise the limit: ulimit -n 65536`;
}
