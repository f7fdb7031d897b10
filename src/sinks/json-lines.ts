// Records as JSON Lines: one JSON object a line, in the order in which outcomes are written.

import type { DurableSink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import { BodyFiles } from './body-files.ts';
import { BodyFilesSink } from './body-files-sink.ts';
import type { OutputFile } from './output-file.ts';
import { RecordFormat } from './record.ts';
import { FileSink, type RecordOptions } from './record-sink.ts';

export function jsonLinesSink(file: OutputFile, options: RecordOptions): DurableSink {
  const { body, headers, timings } = options;
  if (!(body instanceof BodyFiles)) return new JsonLines(file, new RecordFormat({ body, headers, timings }));
  const lines = new JsonLines(file, new RecordFormat({ body: 'files', headers, timings }));
  return new BodyFilesSink(body, lines);
}

class JsonLines extends FileSink {
  readonly #format: RecordFormat;

  constructor(file: OutputFile, format: RecordFormat) {
    super(file);
    this.#format = format;
  }

  write(outcome: Outcome, bodyFile?: string): void {
    this.file.write(this.#format.line(outcome, bodyFile));
  }
}
