// What many records come to, as tables for people and as one object for programs. Pure: reads nothing, writes nothing.

import type {
  ErrorGroup,
  Grouping,
  GroupsRead,
  RecordGroup,
  RecordReport,
  SlowRecord,
} from '../metrics/record-report.ts';
import { byteSize, count, milliseconds } from '../model/text.ts';
import { plural, share } from './figures.ts';
import { hueOf } from './frame.ts';
import type { Hue, Paint } from './terminal.ts';

/** What was read. */
export interface ReportOf {
  readonly report: RecordReport;
  readonly by: ReadonlySet<Grouping>;
  readonly files: readonly FileReport[];
  /** What to type next, if anything. */
  readonly next: string | undefined;
}

export interface FileReport {
  readonly name: string;
  readonly records: number;
  /** Lines that are no records, the first of them by its number from 1. */
  readonly otherLines: number;
  readonly firstOther: number | undefined;
  /** Why its end is missing; undefined where it is whole. */
  readonly torn: string | undefined;
}

export interface ReportLook {
  readonly paint: Paint;
  /** No line is longer. */
  readonly columns: number;
  /** Rows of a table. */
  readonly top: number;
}

interface Row {
  readonly cells: readonly string[];
  /** Of its first cell. */
  readonly hue?: Hue;
  /** Behind the cells, as much of it as there is room for. */
  readonly text?: string;
}

const GAP = '  ';
const INDENT = '  ';
/** Where there is no room for that much, it is left out. */
const TEXT_COLUMNS_MIN = 10;

/**
 * 10,000 records: 9,876 ok, 100 of other statuses, 24 failed; bodies 640 KiB
 *
 *   status  count  share      p50      p90      p99      max    bytes
 *   200     9,876  98.7%  2.51 ms  4.02 ms  11.2 ms  23.4 ms  632 KiB
 */
export function recordReportText({ report, by, files, next }: ReportOf, look: ReportLook): string {
  const { paint } = look;
  const head = [paint('bold', firstLine(report))];
  if (report.retries > 0) head.push(retriesLine(report));
  for (const note of fileNotes(files))
    head.push(`${paint('yellow', 'note')} ${clip(note, look.columns - 5)}`);
  const blocks = [
    head,
    by.has('status') ? statusTable(report, look) : [],
    by.has('error') ? errorTable(report, look) : [],
    by.has('host') ? groupTable('host', report.hosts, look) : [],
    by.has('method') ? groupTable('method', report.methods, look) : [],
    slowestTable(report.slowest, look),
    next === undefined ? [] : [`${paint('dim', 'next')} ${next}`],
  ];
  const shown = blocks.filter((lines) => lines.length > 0);
  return shown.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function firstLine({ all }: RecordReport): string {
  const others = all.count - all.ok - all.failed;
  const parts = [`${count(all.ok)} ok`];
  if (others > 0) parts.push(`${count(others)} of other statuses`);
  if (all.failed > 0) parts.push(`${count(all.failed)} failed`);
  return `${plural(all.count, 'record')}: ${parts.join(', ')}; bodies ${byteSize(all.bytes)}`;
}

function retriesLine({ retriedRecords, retries }: RecordReport): string {
  return `${plural(retriedRecords, 'record')} of more than one attempt, ${plural(retries, 'attempt')} beyond the first`;
}

/** What of the files is no record. */
export function fileNotes(files: readonly FileReport[]): string[] {
  return files.flatMap(({ name, records, otherLines, firstOther, torn }) => {
    const notes: string[] = [];
    if (otherLines > 0) {
      const where = firstOther === undefined ? '' : `, the first is line ${count(firstOther)}`;
      notes.push(
        `${name}: ${otherLines === 1 ? '1 line is no record' : `${count(otherLines)} lines are no records`}${where}`,
      );
    }
    if (torn !== undefined) notes.push(`${name} breaks off behind ${plural(records, 'record')}: ${torn}`);
    return notes;
  });
}

function statusTable(report: RecordReport, look: ReportLook): string[] {
  const frequent = report.statuses().sort((a, b) => b.count - a.count);
  const shown = frequent.slice(0, look.top).sort((a, b) => Number(a.name) - Number(b.name));
  const rows = shown.map(({ name, count: n, latency, bytes }): Row => {
    const times = [latency.percentile(50), latency.percentile(90), latency.percentile(99), latency.max];
    const cells = [count(n), share(n, report.all.count), ...times.map(milliseconds), byteSize(bytes)];
    return { cells: [name, ...cells], hue: hueOf(name) };
  });
  const headings = ['status', 'count', 'share', 'p50', 'p90', 'p99', 'max', 'bytes'];
  return [...table(headings, rows, look), ...leftOut(frequent.slice(look.top), 0, look)];
}

function errorTable(report: RecordReport, look: ReportLook): string[] {
  const errors = report.errors();
  const rows = errors.slice(0, look.top).map(
    ({ phase, kind, count: n, url, message }): Row => ({
      cells: [`${phase}/${kind}`, count(n), share(n, report.all.count)],
      hue: 'red',
      text: phase === 'input' ? message : `${url} ${message}`,
    }),
  );
  const headings = ['error', 'count', 'share', 'such as'];
  return [...table(headings, rows, look), ...leftOut(errors.slice(look.top), report.otherErrors, look)];
}

function groupTable(what: string, { sorted, others }: GroupsRead, look: ReportLook): string[] {
  const rows = sorted.slice(0, look.top).map(({ name, count: n, ok, failed, latency }): Row => {
    const times =
      latency.count === 0
        ? ['–', '–']
        : [milliseconds(latency.percentile(50)), milliseconds(latency.percentile(99))];
    return { cells: [plain(name) || '–', count(n), count(ok), count(failed), ...times] };
  });
  const headings = [what, 'count', 'ok', 'failed', 'p50', 'p99'];
  return [...table(headings, rows, look), ...leftOut(sorted.slice(look.top), others.count, look)];
}

/** `more`: records of names that nobody kept, so that it is not known how many these are. */
function leftOut(rest: readonly { readonly count: number }[], more: number, { paint }: ReportLook): string[] {
  const records = rest.reduce((sum, group) => sum + group.count, more);
  if (records === 0) return [];
  const names = `${more > 0 ? 'more than ' : ''}${count(rest.length)} other${rest.length === 1 ? '' : 's'}`;
  return [paint('dim', `${INDENT}and ${names} with ${plural(records, 'record')}`)];
}

function slowestTable(slowest: readonly SlowRecord[], look: ReportLook): string[] {
  const rows = slowest.map(
    ({ ms, status, index, url }): Row => ({
      cells: [milliseconds(ms), String(status), count(index)],
      text: url,
    }),
  );
  return table(['slowest', 'status', 'index', 'url'], rows, look);
}

/** The first cell to the left, the others to the right, and text behind them. */
function table(headings: readonly string[], rows: readonly Row[], look: ReportLook): string[] {
  if (rows.length === 0) return [];
  const columns = rows[0]!.cells.length;
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(headings[i]!.length, ...rows.map(({ cells }) => cells[i]!.length)),
  );
  const lines = [{ cells: headings.slice(0, columns), text: headings[columns] }, ...rows];
  return lines.map((row, i) => {
    const padded = row.cells.map((cell, j) =>
      j === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[j]!),
    );
    const [first, ...rest] = padded;
    const numbers = [first!, ...rest].join(GAP);
    const room = look.columns - INDENT.length - numbers.length - GAP.length;
    const text = row.text === undefined || room < TEXT_COLUMNS_MIN ? '' : GAP + clip(row.text, room);
    if (i === 0) return look.paint('dim', `${INDENT}${numbers}${text}`.trimEnd());
    const { hue } = row as Row;
    const painted = hue === undefined ? first! : look.paint(hue, first!);
    return `${INDENT}${[painted, ...rest].join(GAP)}${text}`.trimEnd();
  });
}

function clip(text: string, columns: number): string {
  const line = plain(text);
  return line.length > columns ? `${line.slice(0, Math.max(0, columns - 1))}…` : line;
}

/** A peer may have had a say in it. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

// ── for programs ──────────────────────────────────────────────────────────────────────────────────────────────

/** One line; every key is always there. */
export function recordReportJson({ report, by, files, next }: ReportOf, top: number): string {
  const { all, retriedRecords, retries, otherErrors } = report;
  const grouped = {
    ...(by.has('status') ? { statuses: report.statuses().map((group) => statusJson(group, all)) } : {}),
    ...(by.has('error') ? { errors: errorsJson(report.errors(), otherErrors, all, top) } : {}),
    ...(by.has('host') ? { hosts: groupsJson(report.hosts, top) } : {}),
    ...(by.has('method') ? { methods: groupsJson(report.methods, top) } : {}),
  };
  const object = {
    ...{ records: all.count, ok: all.ok, otherStatuses: all.count - all.ok - all.failed, failed: all.failed },
    ...{ bytes: all.bytes, latencyMs: latencyJson(all) },
    retries: { records: retriedRecords, attempts: retries },
    ...grouped,
    slowest: report.slowest,
    files: files.map(({ firstOther, torn, ...file }) => ({
      ...file,
      firstOther: firstOther ?? null,
      torn: torn ?? null,
    })),
    next: next ?? null,
  };
  return `${JSON.stringify(object, rounded)}\n`;
}

function latencyJson({ latency }: RecordGroup) {
  const [p50, p90, p99] = [50, 90, 99].map((p) => latency.percentile(p));
  return { p50, p90, p99, max: latency.max };
}

function statusJson(group: RecordGroup, all: RecordGroup) {
  const { name, count: n, bytes } = group;
  return { status: Number(name), count: n, share: n / all.count, latencyMs: latencyJson(group), bytes };
}

function errorsJson(errors: readonly ErrorGroup[], more: number, all: RecordGroup, top: number) {
  const list = errors.slice(0, top).map(({ phase, kind, count: n, url, message }) => ({
    ...{ phase, kind, count: n, share: n / all.count, example: { url, message } },
  }));
  return { list, others: othersJson(errors.slice(top), more) };
}

function groupsJson({ sorted, others }: GroupsRead, top: number) {
  const list = sorted.slice(0, top).map((group) => {
    const { name, count: n, ok, failed } = group;
    return { name, count: n, ok, failed, latencyMs: latencyJson(group) };
  });
  return { list, others: othersJson(sorted.slice(top), others.count) };
}

/** Records that are in none of the groups that are told. */
function othersJson(rest: readonly { readonly count: number }[], more: number): { readonly records: number } {
  return { records: rest.reduce((sum, group) => sum + group.count, more) };
}

/** Finer than anything here is measured. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value;
}
