// From what callers pass to a Source: a template, a list, an iterable, or a definition that opens one.

import { contentOf } from '../bodies/content.ts';
import type { Source } from '../model/contracts.ts';
import { EMPTY_HEADERS, type HeaderBlock } from '../model/header-block.ts';
import { InvalidRequest } from '../model/invalid.ts';
import { OptionError } from '../model/option-kinds.ts';
import type { Settings } from '../model/options.ts';
import { type Content, type RequestDefaults, RequestFactory, type RequestInput } from '../model/request.ts';
import { constantAuthorization } from '../session/authenticator.ts';
import { ACCEPT_ENCODING } from '../session/decoding.ts';
import { CursorSource, type OpenAt } from '../sources/cursor-source.ts';
import { openFile } from '../sources/file-source.ts';
import type { InputFormat } from '../sources/input-format.ts';
import { openInput } from '../sources/input-source.ts';
import { iterableSource } from '../sources/iterable-source.ts';
import { select } from '../sources/selection.ts';
import { TemplateError } from '../sources/template/error.ts';
import { compileRowTemplate } from '../sources/template/row.ts';
import { TemplateSource } from '../sources/template/source.ts';
import { compileTemplates } from '../sources/template/template.ts';
import { readWordsFile } from '../sources/template/words.ts';
import { knownArray, knownFile } from './known-file.ts';
import { selectionOf } from './selection-of.ts';

/** A source that is opened when its run starts, with the run's defaults for requests. */
export interface SourceDefinition {
  /** What tells it from another one, by names; undefined where nothing does. */
  known?(): Promise<Readonly<Record<string, string>>>;
  open(factory: RequestFactory, settings: Settings): Source;
}

/** A URL or URL template, several inputs, a source, or the definition of one that is opened when the run starts. */
export type SourceInput =
  | string
  | URL
  | Iterable<RequestInput>
  | AsyncIterable<RequestInput>
  | Source
  | SourceDefinition;

export interface InputFile {
  readonly format?: InputFormat;
  readonly lineBytesMax?: number;
  /** For CSV: a URL with `{column}` in place of a `url` column. */
  readonly url?: string;
}

const LINE_BYTES_MAX = 16 * 1024 * 1024;

/** Requests from a file: one URL a line, JSON Lines, or CSV, by its extension or its first line. */
export function fromFile(path: string, options: InputFile = {}): SourceDefinition {
  return {
    known: async () => ({ input: await knownFile(path) }),
    open: (factory) => openFile(path, inputOptions(factory, options)),
  };
}

/** The same from a stream of bytes. */
export function fromStream(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  options: InputFile = {},
): SourceDefinition {
  return {
    known: async () => ({ input: name }),
    open: (factory) => openInput(stream, { name, ...inputOptions(factory, options) }),
  };
}

function inputOptions(factory: RequestFactory, options: InputFile) {
  const { url } = options;
  return {
    format: options.format ?? 'auto',
    lineBytesMax: options.lineBytesMax ?? LINE_BYTES_MAX,
    factory,
    ...(url === undefined
      ? {}
      : { rowToUrl: (columns: readonly string[]) => compileRowTemplate(url, columns) }),
  } as const;
}

/**
 * Requests that a program makes from any place on: `open(0)` gives all of them, `open(n)` what follows the first n, always
 * in the same order. `name` says what they are: a run that is gone on with must have the same one.
 */
export function fromCursor(name: string, open: OpenAt): SourceDefinition {
  return { known: async () => ({ input: name }), open: (factory) => new CursorSource(open, factory) };
}

/** Several URL templates, one after another. */
export function fromTemplates(urls: readonly string[]): SourceDefinition {
  return {
    known: async () => ({ urls: urls.join(' ') }),
    open(factory, settings) {
      const { globoff, vars, zip } = settings;
      const templates = compileTemplates(urls, { globoff, vars, zip, readWords: readWordsFile });
      return new TemplateSource(templates, factory);
    },
  };
}

export function definitionOf(input: SourceInput): SourceDefinition {
  if (typeof input === 'string') return fromTemplates([input]);
  if (input instanceof URL) return definitionOf([input]);
  if (typeof input !== 'object' || input === null) throw notASource();
  if ('open' in input && typeof input.open === 'function') return input;
  if ('pull' in input && typeof input.pull === 'function') return { open: () => input };
  if (Symbol.iterator in input || Symbol.asyncIterator in input) {
    const open: SourceDefinition['open'] = (factory) =>
      iterableSource(input as Iterable<RequestInput>, factory);
    return Array.isArray(input) ? { open, known: async () => ({ input: knownArray(input) }) } : { open };
  }
  throw notASource();
}

function notASource(): OptionError {
  return new OptionError(
    'source',
    'the first argument is a URL, a URL template, an iterable of requests, or fromFile(path)',
  );
}

export function requestDefaults(settings: Settings): RequestDefaults {
  const base: HeaderBlock = EMPTY_HEADERS.with({
    'User-Agent': settings.userAgent === '' ? null : settings.userAgent,
    Accept: '*/*',
    'Accept-Encoding': settings.compressed ? ACCEPT_ENCODING : null,
    Authorization: constantAuthorization(settings),
  });
  const { body, ...content } = contentOfAll(settings);
  return { method: settings.method, headers: base.with(settings.headers), body, ...content, contentOf };
}

/** The body of every request that has none of its own. */
function contentOfAll({ body, form }: Settings): Content {
  if (body !== undefined && form !== undefined) {
    throw new OptionError('form', 'a request has one body: give either body or form');
  }
  try {
    if (form !== undefined) return contentOf('form', form);
    return body === undefined ? {} : contentOf('body', body);
  } catch (error) {
    if (error instanceof InvalidRequest)
      throw new OptionError(form === undefined ? 'body' : 'form', error.message);
    throw error;
  }
}

/** The input broke, or `strictInput` met an item that is no request. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Throws OptionError or TemplateError for what the caller wrote, InputError for what cannot be read. */
export function openSource(
  definition: SourceDefinition,
  settings: Settings,
  defaults: RequestDefaults = requestDefaults(settings),
): Source {
  const selection = selectionOf(settings);
  const source = opened(definition, new RequestFactory(defaults), settings);
  try {
    const selected = select(source, selection);
    if (defaults.stream?.replayable === false && mayBeSeveral(selected, settings)) {
      throw new OptionError(
        'body',
        'the body can be read only once, so it goes with one request alone; for more of them give a file, or read it into memory',
      );
    }
    return selected;
  } catch (error) {
    source.close();
    throw error;
  }
}

function mayBeSeveral({ count }: Source, { first, sample }: Settings): boolean {
  return count !== 1 && first !== 1 && sample !== 1;
}

function opened(definition: SourceDefinition, factory: RequestFactory, settings: Settings): Source {
  try {
    return definition.open(factory, settings);
  } catch (error) {
    if (error instanceof OptionError || error instanceof TemplateError) throw error;
    throw new InputError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
