// What the exit code says, and the error that carries one up. Prints nothing.

export const EXIT = {
  done: 0,
  unexpected: 1,
  usage: 2,
  /** records or the summary could not be written */
  disk: 3,
  /** with --check-status: a request failed, or was answered with 400 or more */
  failures: 4,
  /** a limit of the run ended it: --duration, --fail-early, --max-failures */
  limit: 7,
  /** a --fail-if condition holds */
  threshold: 99,
  interrupted: 130,
  terminated: 143,
} as const;

/** Ends the program with one message for people and an exit code. */
export class Exit extends Error {
  override readonly name = 'Exit';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function usage(message: string): Exit {
  return new Exit(EXIT.usage, message);
}
