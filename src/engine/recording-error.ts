// Why a run does not write to an output.

/** What is there stands in the way of this run. The message says what to type. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}
