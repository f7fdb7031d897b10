// --dry-run: what would be sent. Reads the input's beginning, sends nothing.

import { InputError, openSource, requestDefaults } from '../engine/source-of.ts';
import type { Source } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { shown } from '../model/origin.ts';
import type { Failure } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { byteSize, count, milliseconds } from '../model/text.ts';
import { outputsOf } from './output-form.ts';
import { type Row, sessionRows } from './plan-session.ts';
import { redacted } from './redacted.ts';
import { selectionRows } from './selection.ts';
import type { Requests } from './sources.ts';
import type { Surroundings } from './surroundings.ts';

const SHOWN = 3;
/** Requests a second that the estimate is made for: a slow target, an ordinary one, and what one process can do. */
const RATES = [100, 1_000, 10_000];
const LABEL_WIDTH = 'concurrency'.length + 3;

export async function planText(
  requests: Requests,
  settings: Settings,
  around: Pick<Surroundings, 'env'>,
): Promise<string> {
  const source = openSource(requests.definition, settings);
  try {
    const first = await firstItems(source);
    const rows = [
      ...inputRows(requests, source),
      ...selectionRows(settings, source),
      ...first.map((item, i): Row => [i === 0 ? 'first' : '', itemText(item)]),
      ...settingRows(settings, first),
      ...sessionRows(settings, around),
      ...estimateRows(source.count),
    ];
    const lines = rows.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}\n`);
    return `${lines.join('')}nothing was sent (--dry-run)\n`;
  } finally {
    source.close();
  }
}

type Item = Request | Failure;

function inputRows({ templates, inputName }: Requests, source: Source): Row[] {
  const total = source.count === undefined ? `as many as ${inputName} holds` : count(source.count);
  const rows: Row[] = [['requests', total]];
  for (const template of templates) {
    rows.push(['template', shown(template.text)]);
    rows.push(...template.describe().map((line): Row => ['', `  ${line}`]));
  }
  return rows;
}

async function firstItems(source: Source): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < SHOWN) {
    const pulled = pull(source);
    if (pulled.type === 'ended') break;
    if (pulled.type !== 'waiting') items.push(pulled);
    else {
      await new Promise<void>((resolve) => {
        source.onReady = resolve;
      });
    }
  }
  return items;
}

function pull(source: Source): ReturnType<Source['pull']> {
  try {
    return source.pull();
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function itemText(item: Item): string {
  if (item.type === 'failure') return `no request: ${item.message}`;
  return `${item.method} ${item.url}${bodyText(item)}`;
}

function bodyText({ body, stream }: Request): string {
  if (body === undefined && stream === undefined) return '';
  const length = stream === undefined ? body!.length : stream.length;
  return length === undefined ? '  with a body' : `  with a body of ${byteSize(length)}`;
}

function settingRows(settings: Settings, first: readonly Item[]): Row[] {
  const perHost = settings.perHost === undefined ? '' : `, ${count(settings.perHost)} per host`;
  return [
    ['headers', headerNames(settings, first)],
    [
      'concurrency',
      `${typeof settings.concurrency === 'number' ? count(settings.concurrency) : settings.concurrency}${perHost}`,
    ],
    ...outputsOf(settings).map(
      ({ kind, path }): Row => [
        'records',
        `${FORMS[kind] ?? kind} to ${path === '-' ? 'standard output' : redacted(path)}`,
      ],
    ),
  ];
}

const FORMS: Readonly<Record<string, string>> = { jsonl: 'JSON Lines', csv: 'CSV' };

/** Of the first request; their values may be secrets. */
function headerNames(settings: Settings, first: readonly Item[]): string {
  const request = first.find((item) => item.type === 'request');
  const { text } = request === undefined ? requestDefaults(settings).headers : request.headers;
  return [...text.matchAll(/^([^:\r\n]+):/gm)].map(([, name]) => name).join(', ') || 'none';
}

function estimateRows(total: number | undefined): Row[] {
  if (total === undefined || total === 0) return [];
  const estimates = RATES.map((rate) => `${milliseconds((total / rate) * 1000)} at ${count(rate)}/s`);
  return [['estimate', estimates.join(', ')]];
}
