// run.save(files): records that outlive the process, from code. And run.inOrder().

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { flurry } from '../../src/engine/flurry.ts';
import { RecordingError } from '../../src/engine/recording-error.ts';
import { fromCursor, fromFile } from '../../src/engine/source-of.ts';
import { startTarget } from '../../src/target/index.ts';
import { temporaryFolder } from '../cli/folder.ts';

const folder = temporaryFolder();
const target = await startTarget({ port: 0 });
const site = target.url;

function indices(name: string): number[] {
  return folder.records(name).map((record) => record['index'] as number);
}

/** The numbers from `from` up to `to`. */
function upTo(to: number, from = 0): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

describe('run.save', () => {
  it('writes files of several forms, and a journal that says that they are whole', async () => {
    const [lines, table] = [folder.at('a.jsonl'), folder.at('a.csv')];
    const summary = await flurry(`${site}/todos/[1-20]`).save([lines, table]);
    expect(summary).toMatchObject({ requests: 20, responses: 20 });
    expect(indices('a.jsonl').sort((a, b) => a - b)).toEqual(upTo(20));
    expect(readFileSync(table, 'utf8').trim().split('\n')).toHaveLength(21);
    expect(readFileSync(`${lines}.journal`, 'utf8')).toMatch(/"complete":true\}\n$/);
    expect(await flurry(`${site}/todos/[1-20]`).save([lines, table], { resume: true })).toBeUndefined();
  });

  it('goes on where an earlier one was stopped, whatever the input is', async () => {
    const asked: number[] = [];
    const urls = upTo(40).map((i) => `${site}/todos/${1 + i}`);
    const list = folder.write('urls.txt', urls.join('\n'));
    const cursor = (from: number) => {
      asked.push(from);
      return urls.slice(from).values();
    };
    for (const [name, input] of [
      ['template', `${site}/todos/[1-40]`],
      ['list', urls],
      ['file', fromFile(list)],
      ['cursor', fromCursor('todos', cursor)],
    ] as const) {
      const out = folder.at(`${name}.jsonl`);
      // It ends by itself after a few: what it has done by then is for the file to tell.
      await flurry(input, { concurrency: 1, rate: '100/s', burst: 1, durationMs: 120 }).save(out);
      const before = indices(`${name}.jsonl`);
      expect(before.length).toBeGreaterThanOrEqual(1);
      const summary = await flurry(input, { concurrency: 4 }).save(out);
      expect(summary!.requests).toBe(40 - before.length);
      expect(indices(`${name}.jsonl`).sort((a, b) => a - b)).toEqual(upTo(40));
    }
    // What was done is never asked for again.
    expect(asked[0]).toBe(0);
    expect(asked[1]).toBeGreaterThanOrEqual(1);
  });

  it('refuses another run, and an input that nothing tells from another', async () => {
    const out = folder.at('other.jsonl');
    const first = flurry(`${site}/todos/[1-10]`, { durationMs: 1, rate: '1/m' });
    await first.save(out);
    await expect(flurry(`${site}/todos/[1-11]`).save(out)).rejects.toThrow(RecordingError);
    await expect(flurry(`${site}/todos/[1-11]`).save(out)).rejects.toThrow(
      /urls was .*\[1-10\], now it is .*\[1-11\]/,
    );
    expect(await flurry(`${site}/todos/[1-11]`).save(out, { restart: true })).toMatchObject({ requests: 11 });
    const items = new Set([`${site}/todos/1`]);
    await expect(flurry(items).save(out)).rejects.toThrow(/nothing tells this input from another one/);
    expect(await flurry(items).save(out, { durability: 'none' })).toMatchObject({ requests: 1 });
  });
});

describe('run.inOrder', () => {
  it('gives outcomes in the order of the input, as the option does', async () => {
    const slowFirst = upTo(30).map((i) => `${site}/delay/${i % 7 === 0 ? 40 : 0}`);
    for (const outcomes of [
      flurry(slowFirst, { concurrency: 10 }).inOrder(),
      flurry(slowFirst, { concurrency: 10, ordered: true }),
    ]) {
      const seen: number[] = [];
      for await (const outcome of outcomes) seen.push(outcome.index);
      expect(seen).toEqual(upTo(30));
    }
  });
});
