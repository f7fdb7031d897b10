// Which requests the words of a command line mean: templates, a file, standard input, or a CSV with a template.

import { fromFile, fromStream, type SourceDefinition } from '../engine/source-of.ts';
import { InvalidRequest } from '../model/invalid.ts';
import { nearest } from '../model/nearest.ts';
import type { Settings } from '../model/options.ts';
import { parseUrl } from '../model/origin.ts';
import { count } from '../model/text.ts';
import { TemplateSource } from '../sources/template/source.ts';
import { compileTemplates, countAll, type Template } from '../sources/template/template.ts';
import { readVars } from '../sources/template/vars.ts';
import { readWordsFile } from '../sources/template/words.ts';
import { COMMANDS, isCommand } from './commands.ts';
import { usage } from './exit-codes.ts';
import type { Surroundings } from './surroundings.ts';

/** What was understood. */
export interface Requests {
  readonly definition: SourceDefinition;
  /** Of the URLs; none where the requests come from an input. */
  readonly templates: readonly Template[];
  /** What the input is called; undefined where the requests come from URLs. */
  readonly inputName: string | undefined;
}

/** Throws Exit or TemplateError for words that do not go together. Reads nothing yet. */
export function requestsFor(urls: readonly string[], settings: Settings, around: Surroundings): Requests {
  const { input } = settings;
  if (urls.includes('-')) throw usage('to read URLs from standard input give -i - in place of -');
  if (input !== undefined) return fromInput(input, urls, settings, around);
  if (urls.length > 0) return fromUrls(urls, settings);
  if (!around.stdinIsTerminal) return fromInput('-', [], settings, around);
  throw usage(
    "give a URL, such as flurry 'http://localhost:8080/todos/[1-10]', or a list of them with -i FILE; see flurry --help",
  );
}

function fromInput(
  input: string,
  urls: readonly string[],
  settings: Settings,
  around: Surroundings,
): Requests {
  const { inputFormat, inputLineBytesMax: lineBytesMax } = settings;
  const template = templateOfRows(input, urls, settings);
  const options = {
    lineBytesMax,
    format: template === undefined ? inputFormat : ('csv' as const),
    ...(template === undefined ? {} : { url: absolute(template) }),
  };
  refuseVariables(settings);
  const inputName = input === '-' ? 'standard input' : input;
  const definition = input === '-' ? fromStream(around.stdin, inputName, options) : fromFile(input, options);
  return { definition, templates: [], inputName };
}

/** The one URL beside an input, which its rows fill in. */
function templateOfRows(input: string, urls: readonly string[], settings: Settings): string | undefined {
  const { inputFormat } = settings;
  if (urls.length > 1) {
    throw usage(
      `beside -i at most one URL can be given, the template of a CSV's rows; here are ${urls.length}`,
    );
  }
  const isCsv = inputFormat === 'csv' || (inputFormat === 'auto' && /\.csv$/i.test(input));
  if (urls.length === 1 && !isCsv) {
    throw usage(
      `a URL beside -i is the template of a CSV's rows; if ${input} is CSV, add --input-format csv`,
    );
  }
  return urls[0];
}

/** An option without effect is a slip. */
function refuseVariables({ var: given, vars }: Settings): void {
  const name = given[0]?.split('=', 1)[0] ?? Object.keys(vars)[0];
  if (name !== undefined)
    throw usage(`variable ${name} is used nowhere: --var is for URLs that are given without -i`);
}

function fromUrls(urls: readonly string[], settings: Settings): Requests {
  if (urls.includes('')) throw usage('a URL is empty; in a script, perhaps its variable is not set');
  refuseBareWord(urls[0]!);
  const vars = { ...settings.vars, ...readVars(settings.var) };
  const { globoff, zip } = settings;
  const templates = compileTemplates(urls.map(absolute), { globoff, vars, zip, readWords: readWordsFile });
  for (const template of templates) refuseUnsendable(template);
  const definition: SourceDefinition = {
    // The words of a file are told by how many requests they make.
    known: async () => ({ urls: urls.join(' '), requests: count(countAll(templates)) }),
    open: (factory) => new TemplateSource(templates, factory),
  };
  return { definition, templates, inputName: undefined };
}

/** As curl does: without a scheme it is http. A scheme may come out of a set, and a query may hold another URL. */
export function absolute(url: string): string {
  return /^[^/?#]*:\/\//.test(url) ? url : `http://${url}`;
}

/** `flurry sevre` wants a command, not a host of that name. */
function refuseBareWord(word: string): void {
  if (!/^[a-z][a-z-]*$/i.test(word) || word.toLowerCase() === 'localhost') return;
  if (isCommand(word)) throw usage(`the command ${word} stands first: flurry ${word} [options]`);
  const near = nearest(word, COMMANDS);
  const advice = near === undefined ? `, only ${COMMANDS.join(', ')}` : `; did you mean ${near}?`;
  throw usage(`there is no command ${word}${advice} (a host of that name is http://${word}/)`);
}

/** A URL on the command line that can never be sent is a slip too; in an input it is a failure among its records. */
function refuseUnsendable(template: Template): void {
  const sample = template.plain?.authority ?? (template.count === 1 ? template.at(0) : undefined);
  if (sample === undefined) return;
  try {
    parseUrl(sample);
  } catch (error) {
    if (error instanceof InvalidRequest) throw usage(error.message);
    throw error;
  }
}
