// `flurry retry FILE --only LIST`: the requests of some records are sent again, and their new records take the place of
// the old ones. What is typed behind that goes behind what was typed for the run, as with resume.

import { chmodSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import type { JournalState } from '../journal/journal.ts';
import { OPTIONS } from '../model/options.ts';
import type { RecordFacts } from '../model/record-facts.ts';
import { count } from '../model/text.ts';
import type { FileReport } from '../view/record-report.ts';
import { quoted } from './curl/quoting.ts';
import { EXIT, usage } from './exit-codes.ts';
import { readRecords } from './record-input.ts';
import { redacted } from './redacted.ts';
import { journalOf } from './resume-command.ts';
import { readRetryWords } from './retry-flags.ts';
import { RetryList } from './retry-list.ts';
import type { Surroundings } from './surroundings.ts';
import { commandAgain } from './typed-command.ts';

/** Kinds of records that are named one by one; the others are counted together. */
const NAMED_MAX = 5;

export async function retryCommand(argv: readonly string[], around: Surroundings): Promise<number> {
  const asked = readRetryWords(argv);
  if (asked === 'help') {
    const { helpText } = await import('./help.ts');
    around.stdout.write(helpText('retry', around.stdout.columns));
    return EXIT.done;
  }
  const { output, only, given, dryRun } = asked;
  const list = RetryList.read(only);
  const found = await journalOf(output, 'retry');
  refuseOtherForms(found, output);
  const typing = `flurry retry ${quoted(output)} --only ${quoted(only)}`;
  const words = commandAgain(found.header.command, [...given, ...seedOf(found), '--resume'], output, typing);
  const quiet = words.flags.quiet === true;
  const again = new Again();
  const file = await readRecords(
    { path: output, each: (record) => list.has(record) && again.add(record) },
    around,
  );
  refuseDamaged(file, found);
  const warnings = warningsOf(again, found, words.flags.ordered === true);
  if (again.count === 0) {
    if (!quiet) around.stderr.write(`${redacted(nothing(file, only))}\n`);
    return EXIT.done;
  }
  if (dryRun) {
    around.stdout.write(`${redacted(plan(file, again, warnings))}\n`);
    return EXIT.done;
  }
  if (!quiet) tell(again, warnings, around);
  const { runCommand } = await import('./run-command.ts');
  const real = realpathSync(output);
  return runCommand(words, around, undefined, {
    file: real,
    picks: (record) => list.has(record),
    prepare: (path) => makeLike(real, path),
  });
}

function refuseOtherForms({ header }: JournalState, output: string): void {
  const { sinks } = header;
  if (sinks.length === 1 && sinks[0]!.kind === 'jsonl') return;
  const what =
    sinks.length > 1
      ? `its run has ${sinks.length} outputs (${sinks.map(({ path }) => redacted(path)).join(', ')})`
      : `it is ${sinks[0]!.kind}`;
  throw usage(
    `records are taken out of one file of plain JSON Lines only, and of ${output} ${what}; run it with -o out.jsonl alone, and make the other forms of that when all is well`,
  );
}

/** A complete run gives its seed to nobody who does not ask for it. */
function seedOf({ header }: JournalState): string[] {
  const seed = header.identity.parts['seed']?.shown;
  const isTyped = header.command.some((word) => word.startsWith('--seed='));
  return seed === undefined || isTyped ? [] : [`--seed=${seed}`];
}

/** Half a record at the end is none of these: going on with the run cuts it off. */
function refuseDamaged({ name, otherLines, firstOther }: FileReport, { complete }: JournalState): void {
  if (otherLines === 0) return;
  const line = `line ${count(firstOther ?? 0)} of ${name} is no record`;
  // What a loss of power has left behind the last commit is cut off by it.
  if (!complete)
    throw usage(`${line}; finish the run first: flurry resume ${quoted(name)} (nothing was changed)`);
  throw usage(`${line}; mend or delete it, then try again (nothing was changed)`);
}

function nothing({ name, records }: FileReport, only: string): string {
  return `none of the ${count(records)} records in ${name} is of ${only}: nothing was sent, nothing was changed (flurry report ${quoted(name)} shows what there is)`;
}

function plan({ records }: FileReport, again: Again, warnings: readonly string[]): string {
  return [`would send ${again.text()} of ${count(records)} records again`, ...warnings].join('\n');
}

function tell(again: Again, warnings: readonly string[], { stderr }: Surroundings): void {
  for (const line of [`sending ${again.text()} again`, ...warnings])
    stderr.write(`flurry: ${redacted(line)}\n`);
}

/** What may be other than expected. */
function warningsOf(again: Again, { complete }: JournalState, ordered: boolean): string[] {
  const risky = again.risky();
  return [
    ...(risky === '' ? [] : [`of these ${risky} may have had their effect before, and may have it again`]),
    ...(ordered ? ['the new records stand at the end, not in the order of the input'] : []),
    ...(complete ? [] : ['the run was not finished: what is left of it is sent, too']),
  ];
}

/** What is sent again, in words. */
class Again {
  count = 0;
  readonly #kinds = new Map<string, number>();
  readonly #risky = new Map<string, number>();

  add({ status, error, method }: RecordFacts): void {
    this.count++;
    const kind = error === undefined ? String(status) : `${error.phase}/${error.kind}`;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    const mayBeRepeated = (OPTIONS.retryMethods.default as readonly string[]).includes(method);
    if (mayBeRepeated || error?.sent === 'none') return;
    this.#risky.set(method, (this.#risky.get(method) ?? 0) + 1);
  }

  /** `124 requests (429 100, connect/timeout 24)`. */
  text(): string {
    const kinds = [...this.#kinds].sort(([, a], [, b]) => b - a);
    const named = kinds.slice(0, NAMED_MAX).map(([kind, n]) => `${kind} ${count(n)}`);
    const rest = kinds.slice(NAMED_MAX).reduce((sum, [, n]) => sum + n, 0);
    const all = rest === 0 ? named : [...named, `others ${count(rest)}`];
    return `${count(this.count)} ${this.count === 1 ? 'request' : 'requests'} (${all.join(', ')})`;
  }

  /** By method: those that must not be sent twice, unless somebody says so. */
  risky(): string {
    return [...this.#risky].map(([method, n]) => `${count(n)} ${method}`).join(', ');
  }

  toString(): string {
    return this.text();
  }
}

/** An empty file that nobody may read who could not read the other one. */
function makeLike(path: string, copy: string): void {
  const { mode } = statSync(path);
  writeFileSync(copy, '', { mode: mode & 0o777 });
  chmodSync(copy, mode & 0o777);
}
