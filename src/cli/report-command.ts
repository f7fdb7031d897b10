// `flurry report FILE…`: reads records once and prints what they come to, with what to type next. Changes nothing.

import { stat } from 'node:fs/promises';
import { journalPath } from '../engine/journal-path.ts';
import { Journal } from '../journal/journal.ts';
import { GROUPINGS, type Grouping, RecordReport } from '../metrics/record-report.ts';
import { SystemFiles } from '../storage/system-files.ts';
import { type FileReport, fileNotes, recordReportJson, recordReportText } from '../view/record-report.ts';
import { colors, columnsOf, paintFor } from '../view/terminal.ts';
import { quoted } from './curl/quoting.ts';
import { EXIT, usage } from './exit-codes.ts';
import { readRecords } from './record-input.ts';
import { redacted } from './redacted.ts';
import { readReportWords } from './report-flags.ts';
import { worthRetrying } from './retry-list.ts';
import type { Surroundings } from './surroundings.ts';

const TOP = 10;
const SLOWEST = 5;
const ALL: ReadonlySet<Grouping> = new Set(GROUPINGS);
/** A file or a pipe has room for every line. */
const COLUMNS_OF_FILES = 240;

export async function reportCommand(argv: readonly string[], around: Surroundings): Promise<number> {
  const words = readReportWords(argv);
  const { stdout, env } = around;
  if (words.asks !== undefined) {
    const { helpText } = await import('./help.ts');
    stdout.write(helpText('report', stdout.columns));
    return EXIT.done;
  }
  const { paths, by, json, top } = words;
  if (paths.length === 0)
    throw usage(
      'report takes the files that runs have left, such as: flurry report out.jsonl (- is standard input)',
    );
  await refuseUnreadable(paths);
  const report = new RecordReport(by ?? ALL, top ?? SLOWEST);
  const files: FileReport[] = [];
  for (const path of paths) {
    files.push(await readRecords({ path, each: (record) => report.add(record) }, around));
  }
  if (report.all.count === 0 && files.some(({ otherLines }) => otherLines > 0)) {
    throw usage(`there is no record of flurry in it: ${fileNotes(files).join('; ')}`);
  }
  const next = paths.length === 1 ? await nextFor(paths[0]!, report) : undefined;
  const of = { report, by: by ?? (json ? ALL : telling(report)), files, next };
  const text = json
    ? recordReportJson(of, top ?? Number.POSITIVE_INFINITY)
    : recordReportText(of, {
        paint: paintFor(colors(stdout, env)),
        columns: stdout.isTTY === true ? columnsOf(stdout) - 1 : COLUMNS_OF_FILES,
        top: top ?? TOP,
      });
  stdout.write(redacted(text));
  return EXIT.done;
}

/** A table of the one method that all requests had says nothing. */
function telling({ methods }: RecordReport): ReadonlySet<Grouping> {
  return methods.sorted.length > 1 ? ALL : new Set(GROUPINGS.filter((one) => one !== 'method'));
}

/** Before the first one is read: that may take minutes. */
async function refuseUnreadable(paths: readonly string[]): Promise<void> {
  if (paths.filter((path) => path === '-').length > 1)
    throw usage('standard input (-) can be read only once');
  for (const path of paths.filter((one) => one !== '-')) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) throw usage(`cannot read ${path}: there is no such file`);
    if (found.isDirectory())
      throw usage(`${path} is a folder; name the files in it: flurry report ${path}/*.jsonl`);
  }
}

/** Only a run with a journal knows what it did, and a run that is not finished is to be finished first. */
async function nextFor(path: string, report: RecordReport): Promise<string | undefined> {
  const found = path === '-' ? undefined : await journalOf(path);
  if (found === undefined) return undefined;
  if (!found.complete) return `flurry resume ${quoted(path)}`;
  const { sinks } = found.header;
  const list = worthRetrying(report);
  if (sinks.length !== 1 || sinks[0]!.kind !== 'jsonl' || list.length === 0) return undefined;
  return `flurry retry ${quoted(path)} --only ${list.join(',')}`;
}

async function journalOf(path: string) {
  try {
    return await Journal.read(journalPath(path), new SystemFiles());
  } catch {
    // A report needs none; who goes on with the run is told.
    return undefined;
  }
}
