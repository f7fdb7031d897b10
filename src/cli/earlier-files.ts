// What --earlier names, read once before anything is sent: for --skip-existing and --if-changed. Changes no file.

import { statSync } from 'node:fs';
import { Earlier, type EarlierUse, TooManyEarlier } from '../engine/earlier.ts';
import type { Settings } from '../model/options.ts';
import type { RecordFacts } from '../model/record-facts.ts';
import { count } from '../model/text.ts';
import { RecordReader } from '../sinks/record-reader.ts';
import { type FileReport, fileNotes } from '../view/record-report.ts';
import { usage } from './exit-codes.ts';
import { isSameFile } from './output-form.ts';
import { readRecords } from './record-input.ts';
import { redacted } from './redacted.ts';
import type { Surroundings } from './surroundings.ts';

type EarlierSettings = Pick<
  Settings,
  'earlier' | 'skipExisting' | 'ifChanged' | 'earlierMax' | 'output' | 'summary' | 'quiet'
>;

/** Undefined where nothing earlier is asked for. Throws Exit. */
export async function readEarlier(
  settings: EarlierSettings,
  around: Surroundings,
): Promise<Earlier | undefined> {
  const use = useOf(settings);
  if (use === undefined) return undefined;
  refuseUnreadable(settings);
  const earlier = new Earlier(use, settings.earlierMax);
  const files: FileReport[] = [];
  for (const path of settings.earlier) files.push(await readInto(earlier, path, around));
  refuseOthers(files);
  if (!settings.quiet) tell(earlier, files, around);
  return earlier;
}

function useOf({ earlier, skipExisting, ifChanged }: EarlierSettings): EarlierUse | undefined {
  if (skipExisting && ifChanged)
    throw usage('--skip-existing leaves out what --if-changed would ask for; give one of them');
  const flag = skipExisting ? '--skip-existing' : ifChanged ? '--if-changed' : undefined;
  if (flag !== undefined && earlier.length === 0)
    throw usage(`${flag} needs the records of an earlier run, which stay as they are: --earlier old.jsonl`);
  if (flag === undefined && earlier.length > 0)
    throw usage(
      '--earlier is for --skip-existing (send only what it has no successful record of) or --if-changed (ask for what has changed since); give one of them',
    );
  return skipExisting ? 'skip' : ifChanged ? 'ask' : undefined;
}

/** Before the first one is read, which may take a while; and what is read must not be written. */
function refuseUnreadable({ earlier, output, summary }: EarlierSettings): void {
  for (const path of earlier) {
    if (path === '-') throw usage('--earlier takes the name of a file, not standard input');
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw usage(`cannot read ${path} of --earlier: there is no such file`);
    if (found.isDirectory()) throw usage(`cannot read ${path} of --earlier: it is a folder`);
    const written = [...output, summary].find(
      (one) => one !== undefined && one !== '-' && isSameFile(one, path),
    );
    if (written !== undefined)
      throw usage(
        `${redacted(written)} is to be written, and --earlier names the same file; name another output, and put the two together when all is well`,
      );
  }
}

async function readInto(earlier: Earlier, path: string, around: Surroundings): Promise<FileReport> {
  const each = (record: RecordFacts) => {
    const { url, method, status } = record;
    if (earlier.use === 'skip') return earlier.add({ url, method, status });
    if (!(record instanceof RecordReader))
      throw usage(`--if-changed reads header fields, which it finds in JSON Lines, and ${path} is CSV`);
    const { headers, redirects } = record.members;
    earlier.add({ url, method, status, headers, redirects });
  };
  try {
    return await readRecords({ path, each }, around);
  } catch (error) {
    if (!(error instanceof TooManyEarlier)) throw error;
    throw usage(
      `${path}, with what comes before it, has more than ${error.message} different URLs, which are held in memory; allow more with --earlier-max, or send the input in parts (--shard), each with the records that belong to it`,
    );
  }
}

function refuseOthers(files: readonly FileReport[]): void {
  const other = files.find(({ records, otherLines }) => records === 0 && otherLines > 0);
  if (other !== undefined) throw usage(`there is no record of flurry in ${other.name} of --earlier`);
}

/** Nothing earlier would be a surprise that nobody sees in the records. */
function tell(earlier: Earlier, files: readonly FileReport[], { stderr }: Surroundings): void {
  const say = (line: string) => stderr.write(`flurry: ${redacted(line)}\n`);
  for (const note of fileNotes(files)) say(note);
  const records = files.reduce((sum, file) => sum + file.records, 0);
  const names = files.map(({ name }) => name).join(', ');
  if (earlier.size > 0) return;
  if (earlier.use === 'skip')
    say(`none of the ${count(records)} records in ${names} is a success: nothing is skipped`);
  else
    say(
      `none of the ${count(records)} records in ${names} has a field to ask by (ETag, Last-Modified), so all is asked for; its run needs --include`,
    );
}
