// `-o auto`: a folder for each run, found again while the run is not finished.

import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { startTarget } from '../../src/target/index.ts';
import { temporaryFolder } from './folder.ts';
import { surroundings } from './in-process.ts';

const target = await startTarget({ port: 0 });
const url = `${target.url}/todos/[1-30]`;

function indices(folder: ReturnType<typeof temporaryFolder>, name: string): number[] {
  return folder
    .records(name)
    .map((record) => record['index'] as number)
    .sort((a, b) => a - b);
}

describe('-o auto', () => {
  const folder = temporaryFolder();
  const auto = async (...argv: string[]) => {
    const { around } = surroundings({ folder: folder.path });
    return main(
      [...argv, '-q', '-o', 'auto', '-o', 'auto/all.csv', '--summary', 'auto/summary.json'],
      around,
    );
  };

  it('makes a folder, goes on in it until the run is whole, and then makes another', async () => {
    expect(await auto(url, '--duration', '100ms', '--rate', '50/s', '-c', '1')).toBe(7);
    const [first] = readdirSync(folder.path);
    expect(first).toMatch(/^flurry-\d{8}-\d{6}$/);
    const before = indices(folder, `${first}/records.jsonl`);
    expect(before.length).toBeLessThan(30);
    expect(await auto(url)).toBe(0);
    expect(readdirSync(folder.path)).toEqual([first]);
    expect(indices(folder, `${first}/records.jsonl`)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(folder.read(`${first}/all.csv`).trim().split('\n')).toHaveLength(31);
    expect(existsSync(folder.at(`${first}/summary.json`))).toBe(true);
    expect(await auto(url, '--resume')).toBe(0);
    expect(readdirSync(folder.path)).toEqual([first]);
    expect(await auto(url)).toBe(0);
    expect(readdirSync(folder.path)).toHaveLength(2);
  });

  it('goes on with no other run', async () => {
    const before = readdirSync(folder.path).length;
    expect(await auto(url, '--duration', '1ms', '--rate', '1/m')).toBe(7);
    expect(await auto(`${url}?other`)).toBe(0);
    expect(readdirSync(folder.path)).toHaveLength(before + 2);
  });
});
