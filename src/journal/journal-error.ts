// What a person is told when a journal cannot be used: what is wrong, where, and what to type.

/** The journal, its list of sent requests or its lock stands in the way of going on. `code` is the system's, if any. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: string | undefined;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    const code = (cause as { code?: unknown } | null | undefined)?.code;
    this.code = typeof code === 'string' ? code : undefined;
  }
}

/** An operation of the system on it failed. Nothing later is in it: the run stops and can be continued from before. */
export function brokenJournal(path: string, cause: unknown): JournalError {
  const full = ['ENOSPC', 'EDQUOT'].includes(String((cause as { code?: unknown } | null)?.code));
  const why = full ? 'the disk is full' : cause instanceof Error ? cause.message : String(cause);
  const cure = full ? 'free some space' : 'see to the disk';
  return new JournalError(
    `cannot write to ${path}: ${why}; what it had stored is kept: ${cure}, then run the same command again`,
    cause,
  );
}
