// --dry-run: what would be sent. Reads the input's beginning, sends nothing.

import { requestDefaults, type SourceDefinition } from '../engine/source-of.ts';
import type { Source } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { type Request, RequestFactory } from '../model/request.ts';
import { count, milliseconds } from '../model/text.ts';
import { compileTemplates } from '../sources/template.ts';
import { readVars } from '../sources/template-vars.ts';
import { readWordsFile } from '../sources/template-words.ts';
import { absolute } from './sources.ts';

const SHOWN = 3;
/** Requests a second that the estimate is made for: what one process does to a quick target, and a tenth of it. */
const RATES = [100, 1_000, 10_000];

export async function planText(
  urls: readonly string[],
  definition: SourceDefinition,
  settings: Settings,
): Promise<string> {
  const source = definition.open(new RequestFactory(requestDefaults(settings)), settings);
  const total = totalOf(source, settings);
  const lines = [
    `requests      ${total === undefined ? 'as many as the input has (not known before its end)' : count(total)}`,
  ];
  if (settings.input === undefined && urls.length > 0) lines.push(...understood(urls, settings));
  lines.push(...(await firstLines(source, settings)));
  const perHost = settings.perHost === undefined ? '' : `, ${settings.perHost} per host`;
  lines.push(`concurrency   ${settings.concurrency}${perHost}`);
  if (total !== undefined && total > 0) {
    const estimates = RATES.map((rate) => `${milliseconds((total / rate) * 1000)} at ${count(rate)}/s`);
    lines.push(`estimate      ${estimates.join(', ')}`);
  }
  source.close();
  return `${lines.join('\n')}\nnothing was sent (--dry-run)\n`;
}

function totalOf(source: Source, settings: Settings): number | undefined {
  if (source.count === undefined) return undefined;
  return settings.first === undefined ? source.count : Math.min(settings.first, source.count);
}

function understood(urls: readonly string[], settings: Settings): string[] {
  const vars = { ...settings.vars, ...readVars(settings.var) };
  const { globoff, zip } = settings;
  const templates = compileTemplates(urls.map(absolute), { globoff, vars, zip, readWords: readWordsFile });
  return templates.flatMap((template) => [
    `template      ${template.text}`,
    ...template.describe().map((line) => `              ${line}`),
  ]);
}

async function firstLines(source: Source, settings: Settings): Promise<string[]> {
  const lines: string[] = [];
  const most = Math.min(SHOWN, settings.first ?? SHOWN);
  while (lines.length < most) {
    const pulled = source.pull();
    if (pulled.type === 'ended') break;
    if (pulled.type === 'waiting') {
      await new Promise<void>((resolve) => {
        source.onReady = resolve;
      });
    } else if (pulled.type === 'failure')
      lines.push(`${label(lines)}no request: ${pulled.message}: ${pulled.url}`);
    else lines.push(`${label(lines)}${shown(pulled)}`);
  }
  return lines;
}

function label(lines: readonly string[]): string {
  return lines.length === 0 ? 'first         ' : '              ';
}

function shown(request: Request): string {
  const body = request.body === undefined ? '' : `  (${count(request.body.length)} bytes of body)`;
  return `${request.method} ${request.url}${body}`;
}
