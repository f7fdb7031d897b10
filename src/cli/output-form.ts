// In which form records are written, and the ways in which outputs and inputs get in each other's way.

import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';

export function outputForm({ outputFormat, output }: Settings): 'jsonl' | 'csv' {
  if (outputFormat !== 'auto') return outputFormat;
  return /\.csv$/i.test(output ?? '') ? 'csv' : 'jsonl';
}

/** Where the records go to standard output. */
export function isPiped({ output }: Settings): boolean {
  return output === undefined || output === '-';
}

/** Throws Exit where one file would be emptied by opening another. */
export function refuseSameFile(settings: Settings): void {
  const named: [flag: string, path: string | undefined][] = [
    ['-i', settings.input],
    ['-o', settings.output],
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
function isSameFile(a: string, b: string): boolean {
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
