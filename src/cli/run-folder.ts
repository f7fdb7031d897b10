// `-o auto`: a folder of its own for each run, named by its time; `auto/out.parquet` is a file in it. The same command
// again finds the folder of the run that is not finished. Makes the folder, writes nothing into it.

import { mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { journalPath } from '../engine/journal-path.ts';
import { identityInputs } from '../engine/run-identity.ts';
import type { SourceDefinition } from '../engine/source-of.ts';
import { differences, identityOf } from '../journal/identity.ts';
import { Journal } from '../journal/journal.ts';
import type { Settings } from '../model/options.ts';
import { SystemFiles } from '../storage/system-files.ts';
import { EXIT, Exit } from './exit-codes.ts';
import type { RunWords } from './run-flags.ts';
import type { Surroundings } from './surroundings.ts';

const AUTO = /^auto(?:\/|$)/;
const DEFAULT_NAME = 'records.jsonl';
const FOLDER = /^flurry-\d{8}-\d{6}(?:-\d+)?$/;
/** Of the folders that are there, so many of the newest are looked at. */
const LOOKED_AT_MAX = 100;

interface Placed {
  readonly settings: Settings;
  readonly words: RunWords;
}

/** With the paths that `auto` stands for, as if they had been typed. */
export async function withRunFolder(
  settings: Settings,
  words: RunWords,
  definition: SourceDefinition,
  { clock, folder: here }: Pick<Surroundings, 'clock' | 'folder'>,
): Promise<Placed> {
  const paths = [...settings.output, ...(settings.summary === undefined ? [] : [settings.summary])];
  if (!paths.some((path) => AUTO.test(path))) return { settings, words };
  // As it would be typed in this folder.
  const base = relative('', here);
  const folder = (await unfinishedFolder(base, settings, definition)) ?? newFolder(base, clock.wall());
  const placed = (path: string) => placedIn(folder, path);
  return {
    settings: {
      ...settings,
      output: settings.output.map(placed),
      summary: settings.summary === undefined ? undefined : placed(settings.summary),
    },
    words: {
      ...words,
      ...(words.typed === undefined
        ? {}
        : {
            typed: words.typed.map(([name, long, value]) => {
              const isPath = (name === 'output' || name === 'summary') && value !== true;
              return [name, long, isPath ? placed(value) : value] as const;
            }),
          }),
    },
  };
}

function placedIn(folder: string, path: string): string {
  if (!AUTO.test(path)) return path;
  return join(folder, path.replace(AUTO, '') || DEFAULT_NAME);
}

async function unfinishedFolder(
  base: string,
  settings: Settings,
  definition: SourceDefinition,
): Promise<string | undefined> {
  const first = settings.output.find((path) => AUTO.test(path));
  if (first === undefined || settings.restart) return undefined;
  const folders = readdirSync(base || '.', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && FOLDER.test(entry.name))
    .map((entry) => join(base, entry.name))
    .sort()
    .reverse()
    .slice(0, LOOKED_AT_MAX);
  const inputs = await identityInputs(definition, settings);
  for (const folder of folders) {
    const found = await Journal.read(journalPath(placedIn(folder, first)), new SystemFiles()).catch(
      () => undefined,
    );
    if (found === undefined || (found.complete && !settings.resume)) continue;
    const { identity } = found.header;
    if (differences(identity, identityOf(inputs, identity.salt)).length === 0) return folder;
  }
  return undefined;
}

/** Two runs of one second differ by a number. */
function newFolder(base: string, wallMs: number): string {
  const [date, time] = new Date(wallMs).toISOString().split('T') as [string, string];
  const name = `flurry-${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
  for (let n = 1; ; n++) {
    const folder = join(base, n === 1 ? name : `${name}-${n}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new Exit(
          EXIT.disk,
          `cannot make the folder ${folder}: ${(error as Error).message}; name an output with -o`,
        );
      }
    }
  }
}
