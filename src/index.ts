// The public names, and nothing else. A test pins them.

export { type FileBodyOptions, fileBody } from './bodies/file-body.ts';
export { type MultipartOptions, multipart, type Part } from './bodies/multipart.ts';
export { type FlurryOptions, flurry, type Run } from './engine/flurry.ts';
export type { AddOptions } from './engine/frontier.ts';
export { csv, jsonLines, type RecordFileOptions } from './engine/record-sinks.ts';
export { RecordingError } from './engine/recording-error.ts';
export type { SaveOptions } from './engine/saving.ts';
export { RequestError, type RequestInit, Session, type SessionOptions } from './engine/session.ts';
export {
  fromCursor,
  fromFile,
  fromStream,
  fromTemplates,
  InputError,
  type InputFile,
  type SourceDefinition,
  type SourceInput,
} from './engine/source-of.ts';
export { JournalError } from './journal/journal-error.ts';
export type { Snapshot, Summary } from './metrics/snapshot.ts';
export type { Bound, RunVerdict } from './metrics/verdict.ts';
export type { BodyReader, BodyStream } from './model/body-stream.ts';
export type { Durability, Pulled, Sink, Source } from './model/contracts.ts';
export type { HeadersInput, HeaderValue } from './model/header-block.ts';
export { InvalidRequest } from './model/invalid.ts';
export { OptionError } from './model/option-kinds.ts';
export type { RunOptions } from './model/options.ts';
export {
  type Attempt,
  Failure,
  type Kind,
  type Outcome,
  type Phase,
  Response,
  type Sent,
  type Timings,
} from './model/outcome.ts';
export type {
  FormFields,
  Hop,
  MultipartFields,
  Request,
  RequestBody,
  RequestInput,
  RequestObject,
} from './model/request.ts';
export { OutputError } from './sinks/output-error.ts';
export { TemplateError } from './sources/template/error.ts';
