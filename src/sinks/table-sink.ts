// What the sinks of tables have in common: an item is a row. Knows nothing of files and databases.

import type { Clock } from '../model/contracts.ts';
import { BatchSink, type BatchStore } from './batch-sink.ts';
import type { Row, RowFormat } from './columns.ts';

export type { BatchLimits } from './batch-sink.ts';

/** Where rows are kept. */
export type TableStore<Batch> = BatchStore<Row, Batch>;

/** A number, or a reference to a string. */
const CELL_BYTES = 8;
/** What a string takes beside its characters, which are a byte each up to U+00FF, two in a text that has others. */
const TEXT_BYTES = 16;

/** Where bodies go to files, whoever stands before it stores them and says with each outcome where. */
export class TableSink<Batch> extends BatchSink<Row, Batch> {
  constructor(store: TableStore<Batch>, format: RowFormat, clock: Clock) {
    super(store, { item: (outcome, bodyFile) => format.row(outcome, bodyFile), bytesOf }, clock);
  }
}

function bytesOf(row: Row): number {
  let bytes = row.length * CELL_BYTES;
  for (const cell of row) if (typeof cell === 'string') bytes += TEXT_BYTES + cell.length;
  return bytes;
}
