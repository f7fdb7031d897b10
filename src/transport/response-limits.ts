// What a peer may make us hold or read, in one place; every number comes from the table of options.

export interface ResponseLimits {
  readonly headerBytesMax: number;
  readonly headerCountMax: number;
  readonly reasonBytesMax: number;
  readonly interimMax: number;
  readonly bodyBytesMax: number;
  readonly chunkExtensionBytesMax: number;
  readonly chunkExtensionTotalBytesMax: number;
  readonly trailerBytesMax: number;
}

/** Why a response cannot be taken. `protocol`: it is not HTTP; `too-large`: a limit was passed. The message says what
 *  was sent, as the end of a sentence that names the peer. */
export interface Fault {
  readonly kind: 'protocol' | 'too-large';
  readonly message: string;
}

export function malformed(message: string): Fault {
  return { kind: 'protocol', message };
}

export function tooLarge(what: string, limit: number, option: string): Fault {
  return { kind: 'too-large', message: `${what} beyond the limit of ${limit} (${option})` };
}
