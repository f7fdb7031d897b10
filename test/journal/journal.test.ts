// The journal over simulated files: what is found after any end of the process, and what it is not read from.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf } from '../../src/journal/identity.ts';
import { Journal } from '../../src/journal/journal.ts';
import { JournalError } from '../../src/journal/journal-error.ts';
import { type Entry, entryLine, type Header, headerLine } from '../../src/journal/journal-line.ts';
import { RangeSet } from '../../src/journal/range-set.ts';
import { Crashed, FakeFiles } from '../fake/fake-files.ts';

const PATH = 'out.jsonl.journal';
const HEADER: Header = {
  atMs: 1,
  command: ['flurry', 'http://a/[1-9]', '-o', 'out.jsonl'],
  sinks: [{ kind: 'jsonl', path: 'out.jsonl' }],
  identity: identityOf({ input: { template: 'http://a/[1-9]\n' }, options: { größe: 1 } }, 'salt'),
};

function entry(done: number, complete = false): Entry {
  const counts = { requests: done, ok: done, failed: 0 };
  return { atMs: done, done: `${done}`, positions: [`${done * 100}`], counts, ...(complete && { complete }) };
}

async function begun(files: FakeFiles, ...entries: Entry[]): Promise<Journal> {
  const journal = await Journal.create(PATH, HEADER, files);
  for (const one of entries) await journal.append(one, 'process');
  return journal;
}

async function refusal(files: FakeFiles): Promise<string> {
  const error = await Journal.open(PATH, files).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(JournalError);
  return (error as JournalError).message;
}

describe('Journal', () => {
  it('gives back what was written last, and goes on behind it', async () => {
    const files = new FakeFiles();
    expect(await Journal.open(PATH, files)).toBeUndefined();
    await (await begun(files)).close();
    const empty = await Journal.open(PATH, files);
    expect(empty).toMatchObject({ header: HEADER, last: undefined, complete: false });
    expect(empty?.done.count).toBe(0);
    await empty?.journal.append(entry(3), 'power');
    await empty?.journal.append(entry(5), 'process');
    await empty?.journal.close();
    const opened = await Journal.open(PATH, files);
    expect(opened).toMatchObject({ header: HEADER, last: entry(5), complete: false });
    expect(opened?.done.toText()).toBe('5');
    await opened?.journal.append(entry(9, true), 'process');
    await opened?.journal.close();
    expect(await Journal.read(PATH, files)).toMatchObject({ last: entry(9, true), complete: true });
    expect(`${opened?.journal}`).toMatch(/^out\.jsonl\.journal closed, \d+ bytes$/);
  });

  it('is one line for each entry that a person can read', async () => {
    const files = new FakeFiles();
    await begun(files, entry(3), entry(5, true));
    const lines = files.text(PATH)!.split('\n');
    expect(lines[0]).toMatch(/^flurry-journal 1 [0-9a-f]{8} \{"atMs":1,"command":\["flurry"/);
    expect(lines[2]).toMatch(/^[0-9a-f]{8} \{"atMs":5,"done":"5","positions":\["500"\],.*"complete":true\}$/);
    expect(lines).toHaveLength(4);
  });

  it('cuts a last line that is torn, wherever it was', async () => {
    const line = entryLine(entry(5));
    for (let cut = 1; cut < line.length; cut++) {
      const files = new FakeFiles();
      files.put(PATH, Buffer.concat([headerLine(HEADER), entryLine(entry(3)), line.subarray(0, cut)]));
      const opened = await Journal.open(PATH, files);
      expect(opened?.last).toEqual(entry(3));
      await opened?.journal.append(entry(4), 'process');
      expect((await Journal.read(PATH, files))?.last).toEqual(entry(4));
    }
  });

  it('cuts what a loss of power has left of several lines', async () => {
    const files = new FakeFiles();
    const whole = Buffer.concat([headerLine(HEADER), entryLine(entry(3))]);
    files.put(PATH, Buffer.concat([whole, Buffer.alloc(500), Buffer.from('\n{}\n12345678 x\n')]));
    expect((await Journal.open(PATH, files))?.last).toEqual(entry(3));
    expect(files.contents(PATH)).toHaveLength(whole.length);
  });

  it('only looks where it is only read', async () => {
    const files = new FakeFiles();
    files.put(PATH, Buffer.concat([headerLine(HEADER), entryLine(entry(3)), Buffer.from('torn')]));
    expect((await Journal.read(PATH, files))?.last).toEqual(entry(3));
    expect(files.operations).toBe(0);
  });

  it('takes no octet that was changed for what was written', async () => {
    const whole = Buffer.concat([headerLine(HEADER), entryLine(entry(3)), entryLine(entry(5))]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const files = new FakeFiles();
        const changed = Buffer.from(whole);
        changed[at]! ^= flip;
        files.put(PATH, changed);
        const found = await Journal.read(PATH, files).catch((error: unknown) => error as JournalError);
        if (found instanceof JournalError) return;
        expect(found?.header).toEqual(HEADER);
        expect([3, undefined]).toContain(found?.last?.counts.requests);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what it cannot trust, and says what to type', async () => {
    const files = new FakeFiles();
    const [first, second] = [entryLine(entry(3)), entryLine(entry(5))];
    const header = headerLine(HEADER);
    const put = (...parts: (Buffer | string)[]) =>
      files.put(PATH, Buffer.concat(parts.map((part) => Buffer.from(part as string))));
    put(header, first.subarray(3), second);
    expect(await refusal(files)).toBe(
      'out.jsonl.journal is damaged in line 2; delete that line and those after it to go on from before them, or begin anew with --restart',
    );
    put(header.subarray(0, 60), first);
    expect(await refusal(files)).toBe('out.jsonl.journal is damaged in line 1; begin anew with --restart');
    put(header.subarray(0, -1));
    expect(await refusal(files)).toMatch(/damaged in line 1/);
    put('{"index":0}\n');
    expect(await refusal(files)).toMatch(/is not a journal of flurry, .*-o, or move that file away$/);
    put('');
    expect(await refusal(files)).toMatch(/is not a journal/);
    put('flurry-journal 2 x\n');
    expect(await refusal(files)).toMatch(/newer flurry; update flurry/);
    put(header, entryLine({ ...entry(3), done: '3,0' }));
    expect(await refusal(files)).toMatch(/damaged in line 2/);
    files.failAt(1, 'EIO', { kind: 'read' });
    put(header, first);
    expect(await refusal(files)).toMatch(/^cannot read out\.jsonl\.journal: EIO/);
  });

  it('appends one at a time, in order', async () => {
    const files = new FakeFiles();
    const journal = await begun(files);
    const appends = [1, 2, 3, 4].map((n) => journal.append(entry(n), 'power'));
    await Promise.all([...appends, journal.close()]);
    const counts = files
      .text(PATH)!
      .split('\n')
      .flatMap((line) => /"requests":(\d)/.exec(line)?.[1] ?? []);
    expect(counts).toEqual(['1', '2', '3', '4']);
    expect(() => journal.append(entry(5), 'process')).toThrow('after close');
  });

  it('syncs an entry for the power alone', async () => {
    const files = new FakeFiles();
    const journal = await begun(files);
    const syncs = () => files.log.filter((line) => line.startsWith('sync ')).length;
    const before = syncs();
    await journal.append(entry(1), 'process');
    expect(syncs()).toBe(before);
    await journal.append(entry(2), 'power');
    expect(syncs()).toBe(before + 1);
  });

  it('has on the disk what it was opened with, because others rely on it from then on', async () => {
    const files = new FakeFiles();
    await begun(files, entry(1), entry(2));
    const found = files.crash('process');
    expect((await Journal.open(PATH, found))?.last).toEqual(entry(2));
    for (let seed = 0; seed < 30; seed++)
      expect((await Journal.read(PATH, found.crash('power', seed)))?.last).toEqual(entry(2));
  });

  it('rejects all that follows an operation that failed, with one line for people', async () => {
    const files = new FakeFiles();
    const journal = await begun(files, entry(1));
    files.failAt(1, 'EIO', { kind: 'sync', path: PATH });
    await expect(journal.append(entry(2), 'power')).rejects.toThrow(
      "cannot write to out.jsonl.journal: EIO: sync 'out.jsonl.journal'; what it had stored is kept: see to the disk, then run the same command again",
    );
    await expect(journal.append(entry(3), 'power')).rejects.toMatchObject({
      code: 'EIO',
      name: 'JournalError',
    });
    await journal.close();
    expect(files.text(PATH)).not.toContain('"requests":3');
  });

  it('names the full disk, and goes on when there is space again', async () => {
    const files = new FakeFiles();
    const journal = await begun(files, entry(1));
    files.failAt(1, 'ENOSPC', { kind: 'write', half: true });
    await expect(journal.append(entry(2), 'process')).rejects.toThrow(
      /the disk is full; .*free some space, then run/,
    );
    await journal.close();
    const opened = await Journal.open(PATH, files);
    expect(opened?.last).toEqual(entry(1));
    await opened?.journal.append(entry(3), 'process');
    expect((await Journal.read(PATH, files))?.last).toEqual(entry(3));
  });

  it('says what to do where none can be made', async () => {
    const files = new FakeFiles().failAt(1, 'EROFS', { kind: 'open' });
    await expect(Journal.create(PATH, HEADER, files)).rejects.toThrow(
      /^cannot make .*EROFS.*--durability none$/,
    );
  });

  it('is bounded: a long run replaces it again and again', async () => {
    const files = new FakeFiles();
    const journal = await Journal.create(PATH, HEADER, files, 4_096);
    for (let n = 1; n <= 1_000; n++) {
      await journal.append(entry(n), 'process');
      expect(files.contents(PATH)!.length).toBeLessThanOrEqual(4_096);
    }
    await journal.close();
    expect(files.log.filter((line) => line.startsWith('rename')).length).toBeGreaterThan(20);
    expect((await Journal.read(PATH, files))?.last).toEqual(entry(1_000));
    expect(files.paths).toEqual([PATH]);
  });

  it('lets entries that are large grow it, rather than replace it for each', async () => {
    const files = new FakeFiles();
    const journal = await Journal.create(PATH, HEADER, files, 1_000);
    const large = { ...entry(0), positions: ['x'.repeat(2_000)] };
    for (let n = 1; n <= 40; n++) await journal.append(large, 'process');
    expect(files.log.filter((line) => line.startsWith('rename')).length).toBeLessThan(15);
  });

  it('holds the last tenth of a run of a hundred million requests in less than 300 KB', async () => {
    const files = new FakeFiles();
    const journal = await Journal.create(PATH, HEADER, files);
    const [first, requests, underWay, checkpoints] = [90_000_000, 100_000_000, 60, 1_000];
    const done = RangeSet.parse(`${first}`);
    // The next of those under way to end is any of them; xorshift, since it is asked ten million times.
    const pending = Int32Array.from({ length: underWay }, (_, i) => first + i);
    let state = 1;
    let longest = 0;
    for (let n = first + underWay; n < requests; n++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const i = (state >>> 0) % underWay;
      done.add(pending[i]!);
      pending[i] = n;
      if (n % ((requests - first) / checkpoints) !== 0) continue;
      const text = done.toText();
      await journal.append({ ...entry(0), done: text }, 'process');
      longest = Math.max(longest, text.length);
    }
    expect(done.count).toBe(requests - underWay);
    expect(done.gaps).toBeLessThanOrEqual(underWay);
    expect(longest).toBeLessThan(1_000);
    expect(files.contents(PATH)!.length).toBeLessThan(300_000);
    expect((await Journal.read(PATH, files))?.done.firstGap).toBeGreaterThan(99_000_000);
  });

  it('has its last entry after a crash at any operation', async () => {
    const live = async (files: FakeFiles): Promise<number> => {
      let kept = -1;
      try {
        const journal = await Journal.create(PATH, HEADER, files, 1_200);
        kept = 0;
        for (let n = 1; n <= 12; n++) {
          await journal.append(entry(n), 'power');
          kept = n;
        }
      } catch (error) {
        if (!(error instanceof JournalError && error.cause instanceof Crashed)) throw error;
      }
      return kept;
    };
    const whole = new FakeFiles();
    expect(await live(whole)).toBe(12);
    expect(whole.log.filter((line) => line.startsWith('rename')).length).toBeGreaterThan(1);
    for (let n = 1; n <= whole.operations; n++) {
      for (const moment of ['before', 'half', 'after'] as const) {
        for (let seed = 0; seed < 6; seed++) {
          const files = new FakeFiles().crashAt(n, moment);
          const kept = await live(files);
          const found = await Journal.open(PATH, files.crash(seed === 0 ? 'process' : 'power', seed));
          const done = found === undefined ? -1 : found.done.count;
          expect([kept, kept + 1], `operation ${n} ${moment} seed ${seed}`).toContain(done);
        }
      }
    }
  });
});
