// Which source the words of a command line mean: templates, a file, standard input, or a CSV with a template.

import { readFileSync } from 'node:fs';
import { fromFile, fromStream, fromTemplates, type SourceDefinition } from '../engine/source-of.ts';
import type { Settings } from '../model/options.ts';
import { readVars } from '../sources/template-vars.ts';
import { usage } from './exit-codes.ts';

export function definitionFor(urls: readonly string[], settings: Settings): SourceDefinition {
  const { input } = settings;
  if (input !== undefined) return fromInput(input, urls, settings);
  if (urls.length > 0) return fromUrls(urls, settings);
  if (process.stdin.isTTY !== true) return fromInput('-', [], settings);
  throw usage(
    "give a URL, such as flurry 'http://localhost:8080/todos/[1-10]', or a list of them with -i FILE or on standard input; see flurry --help",
  );
}

function fromInput(input: string, urls: readonly string[], settings: Settings): SourceDefinition {
  const { inputFormat: format, inputLineBytesMax: lineBytesMax } = settings;
  if (urls.length > 1)
    throw usage(`with --input at most one URL can be given, the template of a CSV; here are ${urls.length}`);
  const template = urls[0];
  if (template !== undefined && format !== 'csv' && !(format === 'auto' && /\.csv$/i.test(input))) {
    throw usage(
      `a URL beside --input is the template of a CSV file; ${input} is none (--input-format csv if it is)`,
    );
  }
  const options = {
    format,
    lineBytesMax,
    ...(template === undefined ? {} : { url: absolute(template), format: 'csv' as const }),
  };
  if (input === '-') return fromStream(process.stdin, 'standard input', options);
  return fromFile(input, options);
}

function fromUrls(urls: readonly string[], settings: Settings): SourceDefinition {
  const definition = fromTemplates(urls.map(absolute));
  const vars = { ...settings.vars, ...readVars(settings.var) };
  return { open: (factory) => definition.open(factory, { ...settings, vars }) };
}

/** As curl does: without a scheme it is http. */
export function absolute(url: string): string {
  return url.includes('://') ? url : `http://${url}`;
}

export function readText(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usage(`cannot read ${path} of ${flag}: ${(error as Error).message}`);
  }
}
