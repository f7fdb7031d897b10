// In which form records are written, and the ways in which outputs and inputs get in each other's way.

import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { kindOf } from '../engine/record-sinks.ts';
import type { SinkName } from '../journal/journal-line.ts';
import type { Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';

/** Where records go, each with its form; to standard output where nothing is named. */
export function outputsOf({ output, outputFormat }: Settings): SinkName[] {
  const paths = output.length === 0 ? ['-'] : output;
  return paths.map((path) => ({ path, kind: kindOf(path, outputFormat) }));
}

/** Where records go to standard output. */
export function isPiped({ output }: Settings): boolean {
  return output.length === 0 || output.includes('-');
}

/** Throws Exit where one file would be emptied by opening another. */
export function refuseSameFile(settings: Settings): void {
  const named: [flag: string, path: string | undefined][] = [
    ['-i', settings.input],
    ...settings.output.map((path): [string, string] => ['-o', path]),
    ['--summary', settings.summary],
  ];
  const files = named.filter((one): one is [string, string] => one[1] !== undefined && one[1] !== '-');
  files.forEach(([flag, path], i) => {
    const other = files.slice(0, i).find(([, earlier]) => isSameFile(earlier, path));
    if (other !== undefined)
      throw usage(`${other[0]} and ${flag} are the same file, ${path}; name another one with ${flag}`);
  });
}

/** A device may be several things at once: only files lose what they hold. */
export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [statsOf(a), statsOf(b)];
  if (one === undefined || other === undefined) return resolve(a) === resolve(b);
  return one.isFile() && one.dev === other.dev && one.ino === other.ino;
}

/** Undefined where there is nothing yet, or where whoever opens it will say why it cannot. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
