// What the forms of input (lines, JSON Lines, CSV) have in common: bytes go in, requests and failures come out.

import type { Failure } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';

export interface Form {
  /** Gives it the next bytes; only after `next` returned undefined. */
  push(chunk: Buffer): void;
  /** No bytes will follow; called once, after `next` returned undefined. */
  finish(): void;
  /**
   * The next item, with this index; undefined when more bytes are needed, or after `finish` at the end.
   * Throws only where the whole input cannot be read in this form.
   */
  next(index: number): Request | Failure | undefined;
  /** Passes over up to `count` items without making them; how many. Fewer: more bytes are needed, or it is at the end. */
  skip(count: number): number;
}

/** Makes the URL of a row from its values; made once for the names of the columns. */
export type RowToUrl = (columns: readonly string[]) => (row: readonly string[]) => string;
