// What the sinks of records have in common: their options, and how they stand on an output file.

import type { DurableSink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import type { BodyFiles } from './body-files.ts';
import type { Committed } from './bytes-taker.ts';
import type { OutputFile } from './output-file.ts';
import type { InlineForm } from './shown-body.ts';

export interface RecordOptions {
  /** How a record shows the body, or the files that bodies go to. */
  readonly body: InlineForm | BodyFiles;
  /** Response header fields too. */
  readonly headers: boolean;
  /** Milliseconds by phase too. */
  readonly timings: boolean;
  /** Where there are columns: one for the index of the request that was sent in place of an equal one. */
  readonly duplicates?: boolean;
}

/** A sink that is told where a body has been stored. */
export interface RecordSink extends DurableSink {
  write(outcome: Outcome, bodyFile?: string): void;
}

/** Fullness, errors and the end are the file's; only the form of a record differs from sink to sink. */
export abstract class FileSink implements RecordSink {
  protected readonly file: OutputFile;

  constructor(file: OutputFile) {
    this.file = file;
  }

  abstract write(outcome: Outcome, bodyFile?: string): void;

  get full(): boolean {
    return this.file.full;
  }

  get onDrain(): (() => void) | undefined {
    return this.file.onDrain;
  }

  set onDrain(call: (() => void) | undefined) {
    this.file.onDrain = call;
  }

  get onError(): ((error: Error) => void) | undefined {
    return this.file.onError;
  }

  set onError(call: ((error: Error) => void) | undefined) {
    this.file.onError = call;
  }

  commit(durability: Committed): Promise<string> {
    return this.file.commit(durability);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
