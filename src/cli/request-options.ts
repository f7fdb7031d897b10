// What curl's users type about requests (-H -e -I -d --json -F -T -G) as the engine takes it.

import { basename } from 'node:path';
import { isBodyStream } from '../model/body-stream.ts';
import { EMPTY_HEADERS, type HeaderValue } from '../model/header-block.ts';
import { InvalidRequest } from '../model/invalid.ts';
import type { OptionName, Settings } from '../model/options.ts';
import type { RequestBody } from '../model/request.ts';
import { usage } from './exit-codes.ts';
import { contentOfFile, type FormOption, formBody } from './form-options.ts';
import { readBytes, readText } from './input-files.ts';
import type { Requests } from './sources.ts';

type Pair = readonly [string, HeaderValue];
/** `@-`: all of standard input, as bytes. */
export type ReadStdin = () => Promise<Buffer>;

/** What the settings do not tell. */
export interface Given {
  /** Names of the options in the order in which they were typed, each as often as it was: curl joins data in that order. */
  readonly order: readonly OptionName[];
  /** `-T -`: standard input as it comes. Throws Exit where it is needed for something else. */
  readonly openStdin: () => AsyncIterable<Uint8Array>;
}

type DataName = 'data' | 'dataRaw' | 'dataBinary' | 'dataUrlencode';
type FormName = FormOption['name'];

/** What a body brings with it. */
interface Brought {
  readonly body: RequestBody;
  readonly headers: readonly Pair[];
  readonly method?: string;
}

const DATA: readonly DataName[] = ['data', 'dataRaw', 'dataBinary', 'dataUrlencode'];
const FORM: readonly FormName[] = ['formField', 'formString'];
const FORM_TYPE: Pair = ['Content-Type', 'application/x-www-form-urlencoded'];
const AT_ITSELF = '; a body that starts with @ itself goes into a file';
const AMPERSAND = Buffer.from('&');
/** Ends of lines and NUL go, as in curl: what an editor puts behind a value is not meant. */
const DROPPED = new Set([0, 10, 13]);
/** Of `requestTarget` in the model: what a query may hold. A # would end it. */
const UNSENDABLE = /[^!$-;=?-[\]_a-z~]/g;
const NOTHING: Given = {
  order: [],
  openStdin() {
    throw usage('standard input cannot be uploaded here');
  },
};

/** The settings with headers and body put in their place. Throws Exit. */
export async function withRequestOptions(
  settings: Settings,
  readStdin: ReadStdin,
  words: Given = NOTHING,
): Promise<Settings> {
  refuseMixed(settings);
  const defaults: Pair[] = settings.referer === undefined ? [] : [['Referer', refererOf(settings.referer)]];
  let { body, method, dataRaw } = settings;
  if (settings.head) method ??= 'HEAD';
  if (settings.get) {
    method ??= 'GET';
    dataRaw = [await queryOf(settings, readStdin, words.order)];
  } else {
    const brought = await bodyOf(settings, readStdin, words);
    if (brought !== undefined) {
      body = brought.body;
      method ??= brought.method;
      defaults.push(...brought.headers);
    }
  }
  const given = merged([...defaults, ...pairsOf(settings.headers), ...headerLines(settings.header)]);
  const headers = isBodyStream(body) ? withBoundary(given, body.contentType) : given;
  refuseInvalid(headers);
  return { ...settings, body, method, headers, dataRaw };
}

/** With what -G puts behind every URL, and -T behind one that ends in a slash. For settings that are complete. */
export function withTargets(requests: Requests, { get, dataRaw, uploadFile }: Settings): Requests {
  const query = get ? (dataRaw[0] ?? '') : '';
  const name =
    uploadFile === undefined || isStdin(uploadFile) ? '' : encodeURIComponent(basename(uploadFile));
  if (query === '' && name === '') return requests;
  const { definition } = requests;
  const change = (target: string) => withQuery(withName(target, name), query);
  return {
    ...requests,
    definition: {
      ...definition,
      open: (factory, settings) => definition.open(factory.retargeted(change), settings),
    },
  };
}

function withName(target: string, name: string): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  return path.endsWith('/') ? path + name + target.slice(path.length) : target;
}

function withQuery(target: string, query: string): string {
  if (query === '') return target;
  if (!target.includes('?')) return `${target}?${query}`;
  return /[?&]$/.test(target) ? target + query : `${target}&${query}`;
}

// ── which body ────────────────────────────────────────────────────────────────────────────────────────────────

/** The flags that give a body, each kind by the first of its names. */
function bodyFlags(settings: Settings): string[] {
  const flags: Readonly<Record<DataName | FormName, string>> = {
    data: '--data',
    dataRaw: '--data-raw',
    dataBinary: '--data-binary',
    dataUrlencode: '--data-urlencode',
    formField: '--form',
    formString: '--form-string',
  };
  const data = DATA.find((name) => settings[name].length > 0);
  const form = FORM.find((name) => settings[name].length > 0);
  return [
    ...(data === undefined ? [] : [flags[data]]),
    ...(settings.json === undefined ? [] : ['--json']),
    ...(form === undefined ? [] : [flags[form]]),
    ...(settings.uploadFile === undefined ? [] : ['--upload-file']),
  ];
}

function refuseMixed(settings: Settings): void {
  const [one, other] = bodyFlags(settings);
  if (other !== undefined) throw usage(`give either ${one} or ${other}, not both`);
  if (one === undefined) return;
  if (settings.get && !one.startsWith('--data')) {
    throw usage(`--get puts --data into the URL, and ${one} cannot go there; leave one of them out`);
  }
  if (settings.head && !settings.get) {
    throw usage(
      `--head asks for a head and sends no ${one}; to send it all the same give -X HEAD in its place`,
    );
  }
}

async function bodyOf(settings: Settings, readStdin: ReadStdin, given: Given): Promise<Brought | undefined> {
  const { json, uploadFile } = settings;
  const data = inOrder(settings, DATA, given.order);
  if (data.length > 0) return { body: await dataBody(data, readStdin), headers: [FORM_TYPE] };
  if (json !== undefined) {
    const type = 'application/json';
    const headers: Pair[] = [
      ['Content-Type', type],
      ['Accept', type],
    ];
    return { body: await bytesOf(json, '--json', readStdin), headers };
  }
  const form = inOrder(settings, FORM, given.order);
  if (form.length > 0) return { body: await formBody(form, readStdin), headers: [] };
  if (uploadFile === undefined) return undefined;
  const body = isStdin(uploadFile) ? given.openStdin() : contentOfFile(uploadFile, '--upload-file');
  return { body, headers: [], method: 'PUT' };
}

/** curl's `.` is standard input too, read without blocking, as all is here. */
function isStdin(uploadFile: string): boolean {
  return uploadFile === '-' || uploadFile === '.';
}

interface Item<N extends OptionName> {
  readonly name: N;
  readonly text: string;
}

/** What lists of texts hold, in the order in which it was typed; what variables and files give, list by list. */
function inOrder<N extends DataName | FormName>(
  settings: Settings,
  names: readonly N[],
  order: readonly OptionName[],
): Item<N>[] {
  const left = new Map(names.map((name) => [name as OptionName, { name, texts: [...settings[name]] }]));
  const items: Item<N>[] = [];
  for (const typed of order) {
    const list = left.get(typed);
    const text = list?.texts.shift();
    if (list !== undefined && text !== undefined) items.push({ name: list.name, text });
  }
  for (const { name, texts } of left.values()) items.push(...texts.map((text) => ({ name, text })));
  return items;
}

// ── data ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function dataBody(items: readonly Item<DataName>[], readStdin: ReadStdin): Promise<RequestBody> {
  const [only, second] = items;
  // A single file need not be held in memory, unless it is small.
  if (second === undefined && only?.name === 'dataBinary' && /^@(?!-$)/.test(only.text)) {
    const content = contentOfFile(only.text.slice(1), '--data-binary', AT_ITSELF);
    if (content instanceof Uint8Array || content.replayable) return content;
  }
  return joined(items, readStdin);
}

async function joined(items: readonly Item<DataName>[], readStdin: ReadStdin): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (const item of items) {
    if (parts.length > 0) parts.push(AMPERSAND);
    parts.push(await dataBytes(item, readStdin));
  }
  return Buffer.concat(parts);
}

async function dataBytes({ name, text }: Item<DataName>, readStdin: ReadStdin): Promise<Uint8Array> {
  switch (name) {
    case 'data': {
      const bytes = await bytesOf(text, '--data', readStdin);
      return text.startsWith('@') ? bytes.filter((byte) => !DROPPED.has(byte)) : bytes;
    }
    case 'dataRaw':
      return Buffer.from(text);
    case 'dataBinary':
      return bytesOf(text, '--data-binary', readStdin);
    case 'dataUrlencode':
      return urlencoded(text, readStdin);
    default:
      return name satisfies never;
  }
}

/** `content`, `=content`, `name=content`, `@file`, `name@file`; the name is taken as it is. */
async function urlencoded(text: string, readStdin: ReadStdin): Promise<Buffer> {
  const equals = text.indexOf('=');
  const at = equals === -1 ? text.indexOf('@') : equals;
  const name = at === -1 ? '' : text.slice(0, at);
  const isFile = at !== -1 && equals === -1;
  const content = isFile
    ? await bytesOf(text.slice(at), '--data-urlencode', readStdin)
    : Buffer.from(text.slice(at + 1));
  const encoded = content.toString('latin1').replace(/[^A-Za-z0-9\-._~ ]/g, percentEncoded);
  return Buffer.from((name === '' ? '' : `${name}=`) + encoded.replaceAll(' ', '+'));
}

/** Of one octet, which stands as one character. */
function percentEncoded(octet: string): string {
  return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Braces and what else a URL cannot hold are encoded: data are no template. */
async function queryOf(
  settings: Settings,
  readStdin: ReadStdin,
  order: readonly OptionName[],
): Promise<string> {
  const bytes = await joined(inOrder(settings, DATA, order), readStdin);
  return bytes.toString('latin1').replace(UNSENDABLE, percentEncoded);
}

/** `@file` reads a file, `@-` standard input, as in curl. Bytes, because a file need not be text. */
async function bytesOf(text: string, flag: string, readStdin: ReadStdin): Promise<Buffer> {
  if (!text.startsWith('@')) return Buffer.from(text);
  return text === '@-' ? readStdin() : readBytes(text.slice(1), flag, AT_ITSELF);
}

// ── headers ───────────────────────────────────────────────────────────────────────────────────────────────────

function refererOf(text: string): string {
  if (!text.endsWith(';auto')) return text;
  throw usage('--referer takes a URL; that of the page before (;auto) is not sent to where a redirect leads');
}

export function pairsOf(headers: Settings['headers']): Iterable<Pair> {
  return Symbol.iterator in headers ? (headers as Iterable<Pair>) : Object.entries(headers);
}

/** `@file` is a file of such lines, as in curl. */
function headerLines(lines: readonly string[]): Pair[] {
  return lines.flatMap((line, i) => {
    if (!line.startsWith('@'))
      return [headerLine(line, lines.length === 1 ? 'the -H' : `-H number ${i + 1}`)];
    const path = line.slice(1);
    return readText(path, '-H')
      .split(/\r?\n/)
      .flatMap((one, n) => (one.trim() === '' ? [] : [headerLine(one, `${path} line ${n + 1}`)]));
  });
}

/** curl's forms. What is wrong is not repeated: it may be a token whose name was forgotten. */
function headerLine(line: string, place: string): Pair {
  const colon = line.indexOf(':');
  if (colon > 0) {
    const value = line.slice(colon + 1).trim();
    return [line.slice(0, colon).trim(), value === '' ? null : value];
  }
  const name = /^([^\s;:]+);\s*$/.exec(line)?.[1];
  if (name !== undefined) return [name, ''];
  throw usage(
    `${place} is no header field; write -H 'Name: value', -H 'Name:' to remove one, -H 'Name;' for an empty one`,
  );
}

/** What a body and -e bring gives way to any other. */
const SINGLE = new Set(['content-type', 'accept', 'referer']);

/** Values of one name stay together; a `null` takes what stood before away. */
function merged(pairs: readonly Pair[]): Pair[] {
  const byName = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const key = pair[0].toLowerCase();
    const given = byName.get(key);
    if (given === undefined || pair[1] === null || SINGLE.has(key)) byName.set(key, [pair]);
    else given.push(pair);
  }
  return [...byName.values()].flat();
}

/** As curl does: a type of one's own for a form, such as multipart/related, gets the boundary that nobody can know. */
function withBoundary(pairs: readonly Pair[], contentType = ''): readonly Pair[] {
  const boundary = /; boundary=.*$/.exec(contentType)?.[0];
  if (boundary === undefined) return pairs;
  return pairs.map((pair) => {
    const [name, value] = pair;
    const bare = typeof value === 'string' && value !== '' && !/;\s*boundary=/i.test(value);
    return bare && name.toLowerCase() === 'content-type' ? [name, value + boundary] : pair;
  });
}

function refuseInvalid(headers: readonly Pair[]): void {
  try {
    EMPTY_HEADERS.with(headers);
  } catch (error) {
    if (error instanceof InvalidRequest) throw usage(error.message);
    throw error;
  }
}
