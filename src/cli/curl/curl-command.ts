// `flurry curl`: a pasted curl command as a run. One command becomes words of `flurry run`; of several each keeps its
// own method, header fields and body, and all share what holds for a whole run.

import { OPTIONS, type OptionName, type Settings } from '../../model/options.ts';
import { withCookies } from '../cookie-files.ts';
import { EXIT, usage } from '../exit-codes.ts';
import { layered } from '../layers.ts';
import { withRequestOptions } from '../request-options.ts';
import { RUN_SWITCHES, type RunWords, readRunWords, type Values } from '../run-flags.ts';
import { withSecretFiles } from '../secret-files.ts';
import { type Requests, requestsFor } from '../sources.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Pasted, readPasted } from './commands.ts';
import { readFlags } from './read-flags.ts';
import { sectionsDefinition } from './several-source.ts';
import { type Translated, translate } from './translate.ts';
import { plainWord } from './word.ts';

/** A paste is typed text; what is longer is a file that was given by mistake. */
const STDIN_BYTES_MAX = 64 * 1024 * 1024;
const HOW =
  "paste the command behind --, as in flurry curl -- curl 'https://…', or in quotes as one word; flurry curl - takes it from standard input";

export async function curlCommand(argv: readonly string[], around: Surroundings): Promise<number> {
  const dashes = argv.indexOf('--');
  const own = readRunWords(dashes === -1 ? argv : argv.slice(0, dashes));
  if (own.asks !== undefined) return answer(own.asks, around);
  const pasted = await pastedIn(own.urls, dashes === -1 ? undefined : argv.slice(dashes + 1), around);
  const requests = pasted.commands.flatMap(({ words, stdin }) =>
    readFlags(words).map((given) => translate(given, words, stdin)),
  );
  if (requests.length === 0) throw usage(`there is no curl command in it; ${HOW}`);
  if (own.urls[0] === '-') refuseStdin(requests);
  tell([...pasted.notes, ...requests.flatMap(({ notes }) => notes)], around);
  const [only] = requests;
  if (requests.length === 1 && only!.body === undefined) {
    const words = readRunWords(only!.words);
    const flags = merged(words.flags, own.flags);
    const order = [...words.order, ...own.order];
    const { runCommand } = await import('../run-command.ts');
    return runCommand({ urls: only!.urls, flags, order, asks: undefined }, around);
  }
  return runSeveral(requests, own, around);
}

async function answer(asks: 'help' | 'version', { stdout }: Surroundings): Promise<number> {
  if (asks === 'help') {
    const { helpText } = await import('../help.ts');
    stdout.write(helpText('curl', stdout.columns));
  } else {
    const { version } = await import('../version.ts');
    stdout.write(`${version()}\n`);
  }
  return EXIT.done;
}

async function pastedIn(
  plain: readonly string[],
  unquoted: readonly string[] | undefined,
  { stdin }: Surroundings,
): Promise<Pasted> {
  if (unquoted !== undefined) {
    if (plain.length > 0) throw usage(`a word stands before --; ${HOW}`);
    if (unquoted.length === 0) throw usage(`nothing stands behind --; ${HOW}`);
    const words = unquoted[0] === 'curl' ? unquoted : ['curl', ...unquoted];
    return { commands: [{ words: words.map(plainWord), stdin: undefined }], notes: [] };
  }
  if (plain.length === 0) throw usage(`there is no command; ${HOW}`);
  if (plain.length > 1 || plain[0] === 'curl') throw usage(`these are several words; ${HOW}`);
  return readPasted(plain[0] === '-' ? await readAll(stdin) : plain[0]!);
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    length += chunk.length;
    if (length > STDIN_BYTES_MAX) throw usage('standard input is longer than 64 MiB: no pasted command');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

const FROM_STDIN = /^--(?:(?:data[a-z-]*|json|form|header)=[^@]*@-(?:;.*)?|upload-file=[-.])$/;

function refuseStdin(requests: readonly Translated[]): void {
  if (requests.some(({ words }) => words.some((word) => FROM_STDIN.test(word)))) {
    throw usage('standard input holds the command and cannot be its body (@-) too; give one as a file');
  }
}

/** So that nobody waits for what a flag of curl would have done. */
function tell(notes: readonly string[], { stderr }: Surroundings): void {
  if (notes.length === 0) return;
  stderr.write(`flurry: left out of the curl command: ${[...new Set(notes)].join(', ')}\n`);
}

/** What stands behind the command wins over what stands in it; what is repeatable adds up. */
function merged(under: Values, over: Values): Values {
  const values: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = values[name];
    values[name] = Array.isArray(below) && Array.isArray(value) ? [...below, ...value] : value;
  }
  return values;
}

async function runSeveral(
  requests: readonly Translated[],
  own: RunWords,
  around: Surroundings,
): Promise<number> {
  const each = requests.map(({ words }) => merged(readRunWords(words).flags, own.flags));
  if (own.flags.input !== undefined) throw usage('-i cannot stand beside several curl commands');
  const flags = sharedFlags(each);
  const settings = await Promise.all(requests.map((request, i) => settingsOf(request, each[i]!, around)));
  const all = (whole: Settings) => requestsOf(requests, settings, whole, around);
  const { runCommand } = await import('../run-command.ts');
  return runCommand({ urls: [], flags, order: [], asks: undefined }, around, all);
}

/** What would take the place of a body that the command has. */
const BODIES: readonly OptionName[] = [
  ...(['data', 'dataRaw', 'dataBinary', 'dataUrlencode', 'json'] as const),
  ...(['formField', 'formString', 'uploadFile'] as const),
];

async function settingsOf(
  { body, words }: Translated,
  flags: Values,
  around: Surroundings,
): Promise<Settings> {
  if (body !== undefined && BODIES.some((name) => flags[name] !== undefined)) {
    throw usage('the curl command has a body already; take it out there, or leave out the other');
  }
  const { settings } = await layered(flags, around);
  const given = withSecretFiles(body === undefined ? settings : { ...settings, body });
  const complete = await withRequestOptions(given, refuseStdinBody, {
    order: readRunWords(words).order,
    openStdin: refuseStdinBody,
  });
  return withCookies(complete);
}

function refuseStdinBody(): never {
  throw usage('of several commands none can take its body from standard input; give it as a file');
}

/** All URLs are compiled together, because together they have to use the variables that were given. */
function requestsOf(
  requests: readonly Translated[],
  settings: readonly Settings[],
  whole: Settings,
  around: Surroundings,
): Requests {
  const owners = requests.flatMap(({ urls }, i) => urls.map((url) => ({ url, settings: settings[i]! })));
  const urls = owners.map((one) => (one.settings.globoff ? escaped(one.url) : one.url));
  const { templates } = requestsFor(urls, { ...whole, globoff: false }, around);
  const sections = templates.map((template, i) => ({ template, settings: owners[i]!.settings }));
  return { definition: sectionsDefinition(sections), templates, inputName: undefined };
}

/** For a template that stands for itself. */
function escaped(url: string): string {
  return url.replace(/[[\]{}]/g, '\\$&');
}

/** What a request has of its own, beside all options of the group Requests. */
const PER_REQUEST: ReadonlySet<OptionName> = new Set(['user', 'bearer', 'globoff', 'compressed']);

/** What holds for the whole run. Throws Exit where the commands disagree about it. */
function sharedFlags(each: readonly Values[]): Values {
  const shared: Record<string, unknown> = {};
  for (const name of new Set(each.flatMap((flags) => Object.keys(flags) as OptionName[]))) {
    // Digest needs them where the challenges are answered, which is once for the whole run.
    const isOfRun = name === 'user' && each.some(({ digest }) => digest === true);
    if (OPTIONS[name].group === 'Requests' || (PER_REQUEST.has(name) && !isOfRun)) continue;
    const [first, ...others] = each.map((flags) => JSON.stringify(flags[name]));
    if (others.some((one) => one !== first)) {
      const { long } = RUN_SWITCHES.find((one) => one.name === name)!;
      throw usage(`the curl commands differ in ${long}, which holds for a whole run; run them one by one`);
    }
    shared[name] = each[0]![name];
  }
  // To decode what one of them asked for changes nothing for the others.
  if (each.some(({ compressed }) => compressed === true)) shared['compressed'] = true;
  return shared;
}
