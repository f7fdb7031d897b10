// An outcome as one line of JSON: the record, as record.schema.json has it. Never writes it anywhere.
//
// Built by concatenation: 810 ns of CPU for a response with 66 bytes of JSON, down to the bytes of its batch, where
// JSON.stringify of an equal object takes 1,310 (bench/micro/record.mjs).

import type { Origin } from '../model/origin.ts';
import type { Attempt, Failure, Outcome, Response, Timings } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { decimals, escaped, quoted, withoutLineSeparators } from './json-text.ts';
import { type BodyForm, type InlineForm, showBody } from './shown-body.ts';

export interface RecordFormatOptions {
  readonly body: BodyForm;
  /** Response header fields too. */
  readonly headers: boolean;
  /** Milliseconds by phase too. */
  readonly timings: boolean;
  /** Requests may stand for equal ones: a column says which. JSON Lines has a member where there is one. */
  readonly duplicates?: boolean;
}

/** Turns outcomes into lines. One for each sink: it remembers the origin that it met last. */
export class RecordFormat {
  readonly #body: BodyForm;
  readonly #headers: boolean;
  readonly #timings: boolean;
  #origin: Origin | undefined;
  #originText = '';

  constructor(options: RecordFormatOptions) {
    this.#body = options.body;
    this.#headers = options.headers;
    this.#timings = options.timings;
  }

  /** The record with its line feed. `bodyFile`: where the body was stored, for the form `files`. */
  line(outcome: Outcome, bodyFile = ''): string {
    if (outcome.type === 'failure') return failureLine(outcome);
    return outcome.duplicateOf === undefined ? this.#response(outcome, bodyFile) : duplicateLine(outcome);
  }

  #response(response: Response, bodyFile: string): string {
    const { request } = response;
    if (request.origin !== this.#origin) {
      this.#origin = request.origin;
      this.#originText = escaped(request.origin.key);
    }
    return (
      `{"index":${request.index}${idMember(request.id)}` +
      (request.hops.length === 0
        ? `,"url":"${this.#originText}${escaped(request.target)}","method":${quoted(request.method)}`
        : redirectedMembers(request)) +
      `,"status":${response.status},"ms":${decimals(response.ms)},"bytes":${response.bytes}` +
      `,"attempts":${response.attempts}${historyMember(response.history)}` +
      (this.#headers ? `,"headers":${headersJson(response.headers)}` : '') +
      (this.#timings ? `,"timings":${timingsJson(response.timings)}` : '') +
      (response.extracted === undefined ? '' : `,"extracted":${valueJson(response.extracted)}`) +
      (this.#body === 'files' ? `,"bodyFile":${quoted(bodyFile)}` : bodyMember(response, this.#body)) +
      '}\n'
    );
  }
}

/** What the attempts before the last one came to. */
function historyMember(history: readonly Attempt[] | undefined): string {
  return history === undefined ? '' : `,"history":${valueJson(history.map(attemptShown))}`;
}

function attemptShown({ status, error, ms, waitMs }: Attempt): Attempt {
  const times = { ms: Number(decimals(ms)), waitMs: Number(decimals(waitMs)) };
  return { ...(status === undefined ? {} : { status }), ...(error === undefined ? {} : { error }), ...times };
}

function bodyMember(response: Response, form: InlineForm): string {
  const { as, text } = showBody(response, form);
  switch (as) {
    case 'json':
      return `,"body":${text}`;
    case 'text':
      return `,"body":${quoted(text)}`;
    case 'base64':
      return `,"bodyBase64":"${text}"`;
    case 'none':
      return '';
    case 'error':
      return `,"body":null,"bodyError":${quoted(text)}`;
    default:
      return as satisfies never;
  }
}

/** The URL that was asked for identifies the record; where it led follows, hop by hop. */
function redirectedMembers({ askedUrl, hops, method }: Request): string {
  const chain = hops.map(({ status, location }) => `{"status":${status},"location":${quoted(location)}}`);
  return `,"url":${quoted(askedUrl)},"method":${quoted(method)},"redirects":[${chain.join(',')}]`;
}

/** All else stands in the record of the one that was sent. */
function duplicateLine({ index, id, request, method, status, duplicateOf }: Response): string {
  return (
    `{"index":${index}${idMember(id)},"url":${quoted(request.askedUrl)},"method":${quoted(method)}` +
    `,"status":${status},"ms":0,"bytes":0,"attempts":0,"duplicateOf":${duplicateOf}}\n`
  );
}

function failureLine(failure: Failure): string {
  const { phase, kind, message, sent, line, status, duplicateOf } = failure;
  return (
    `{"index":${failure.index}${idMember(failure.id)}` +
    `,"url":${quoted(failure.url)},"method":${quoted(failure.method)}` +
    (line === undefined ? '' : `,"line":${line}`) +
    `,"error":{"phase":"${phase}","kind":"${kind}","message":${quoted(message)},"sent":"${sent}"` +
    `${status === undefined ? '' : `,"status":${status}`}}` +
    `,"ms":${decimals(failure.ms)},"attempts":${failure.attempts}${historyMember(failure.history)}` +
    `${duplicateOf === undefined ? '' : `,"duplicateOf":${duplicateOf}`}}\n`
  );
}

/** JSON has no word for NaN and the infinities: as text they still tell requests apart. */
function idMember(id: string | number | undefined): string {
  if (id === undefined) return '';
  return `,"id":${typeof id === 'number' && Number.isFinite(id) ? String(id) : quoted(String(id))}`;
}

/** A list of pairs in order of arrival: an object could not hold two Set-Cookie fields. */
export function headersJson(headers: ReadonlyArray<readonly [string, string]>): string {
  let json = '';
  for (const [name, value] of headers) {
    json += `${json === '' ? '' : ','}[${quoted(name)},${quoted(value)}]`;
  }
  return `[${json}]`;
}

/** Of values that JSON can hold: what is extracted from responses. */
export function valueJson(value: unknown): string {
  return withoutLineSeparators(JSON.stringify(value));
}

function timingsJson(timings: Timings): string {
  return (
    `{"queueMs":${decimals(timings.queueMs)},"dnsMs":${decimals(timings.dnsMs)}` +
    `,"connectMs":${decimals(timings.connectMs)},"tlsMs":${decimals(timings.tlsMs)}` +
    `,"firstByteMs":${decimals(timings.firstByteMs)},"totalMs":${decimals(timings.totalMs)}}`
  );
}
