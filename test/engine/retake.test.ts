// Records that are taken out of an output and made anew, with a crash at every operation of it: whoever goes on with the
// run has one record for each request, and what must not be sent twice was sent once for each time that it was asked for.

import { describe, expect, it } from 'vitest';
import { openRecords } from '../../src/engine/record-sinks.ts';
import { Recorder, type RecordingPlan } from '../../src/engine/recorder.ts';
import type { Retake } from '../../src/engine/retake.ts';
import { Journal } from '../../src/journal/journal.ts';
import { ENDED, type Source } from '../../src/model/contracts.ts';
import { Failure, type Outcome } from '../../src/model/outcome.ts';
import type { Request } from '../../src/model/request.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { response } from '../sinks/outcomes.ts';

const OUT = '/out.jsonl';
const REQUESTS = 16;
const FILTERED = 2;

const isPost = (index: number) => index % 4 === 3;
const fails = (index: number) => index % 5 === 1;
const refuses = (index: number) => index % 3 === 0;
const isPicked = (index: number) => index !== FILTERED && (fails(index) || refuses(index));

const RETAKE: Retake = { file: OUT, picks: ({ status, error }) => status === 503 || error !== undefined };

function outcomeOf(index: number, isNew: boolean): Outcome {
  const method = isPost(index) ? 'POST' : 'GET';
  if (isNew) return response({ index, method, status: 201 });
  if (!fails(index)) return response({ index, method, status: refuses(index) ? 503 : 200 });
  return Failure.of(
    (response({ index, method }) as { request: Request }).request,
    'headers',
    'timeout',
    'late',
    1,
  );
}

/** Items in the order of their positions. */
function requests(indexAt: (position: number) => number): Source {
  let next = 0;
  return {
    count: REQUESTS,
    onReady: undefined,
    pull() {
      if (next === REQUESTS) return ENDED;
      const { request } = outcomeOf(indexAt(next++), true) as { request: Request };
      request.attempt = 0;
      return request;
    },
    skip(count) {
      next += count;
    },
    close() {},
  };
}

interface Terms {
  readonly durability?: 'process' | 'power';
  /** Positions are indices from the other end. */
  readonly backwards?: boolean;
  readonly isNew?: boolean;
  readonly retake?: Retake;
  /** How often each request was sent, of all sessions that share it. */
  readonly sent?: number[];
  /** Ends without having told anybody, after so many. */
  readonly cutOffAfter?: number;
}

function planOf(files: FakeFiles, terms: Terms): RecordingPlan {
  const clock = new VirtualClock();
  return {
    sinks: [{ kind: 'jsonl', path: OUT }],
    identity: { input: {}, options: {} },
    command: [],
    durability: terms.durability ?? 'process',
    again: terms.isNew === true ? 'resume' : 'anew',
    retake: terms.retake,
    storesBodies: false,
    ordered: false,
    strictInput: false,
    mayRepeat: (method) => method !== 'POST',
    positionOf: placeOf(terms),
    openSink: ({ path }, position) =>
      openRecords(
        path,
        'jsonl',
        { body: 'none' },
        { files, clock, ...(position === undefined ? {} : { position }) },
      ),
  };
}

function placeOf({ backwards }: Terms): (n: number) => number {
  return backwards === true ? (n) => REQUESTS - 1 - n : (n) => n;
}

/** One run of the program: all that is left is sent and answered at once. */
async function session(files: FakeFiles, terms: Terms): Promise<void> {
  const tools = { files, appenders: files.appenders, clock: new VirtualClock() };
  const recorder = await Recorder.open(planOf(files, terms), tools);
  if (recorder === undefined) return;
  const source = recorder.remaining(requests(placeOf(terms)));
  let ended = 0;
  for (let item = source.pull(); item.type !== 'ended'; item = source.pull()) {
    if (item.type === 'waiting') throw new Error('nothing to wait for');
    if (item.type === 'failure') recorder.sink.write(item);
    else {
      recorder.beforeSend(item);
      if (terms.sent !== undefined) terms.sent[item.index]!++;
      const outcome = outcomeOf(item.index, terms.isNew === true);
      if (item.index === FILTERED) recorder.sink.skip(outcome);
      else recorder.sink.write(outcome);
    }
    if (++ended === terms.cutOffAfter) break;
  }
  await recorder.sink.close();
  if (terms.cutOffAfter === undefined) await recorder.end(true);
}

function unlocked(files: FakeFiles): FakeFiles {
  files.appenders.remove(`${OUT}.lock`);
  return files;
}

/** As another process finds them. */
function copyOf(files: FakeFiles): FakeFiles {
  return unlocked(files.crash('process'));
}

async function complete(terms: Terms = {}): Promise<FakeFiles> {
  const files = new FakeFiles();
  await session(files, terms);
  return copyOf(files);
}

/** Of a run that was killed: records behind the last commit, half a record, and what was under way is marked as sent. */
async function cutOff(terms: Terms = {}): Promise<FakeFiles> {
  const files = new FakeFiles();
  await session(files, { ...terms, cutOffAfter: 12 });
  const found = copyOf(files);
  const journal = found.text(`${OUT}.journal`)!.trimEnd().split('\n');
  const shorter = new FakeFiles();
  // The last entry never came, so that its records are found in the file alone.
  shorter.put(`${OUT}.journal`, `${journal.slice(0, -1).join('\n')}\n`);
  shorter.put(OUT, `${found.text(OUT)}{"index":12,"ur`);
  shorter.put(`${OUT}.journal.sent`, found.contents(`${OUT}.journal.sent`)!);
  return shorter;
}

interface Shown {
  readonly index: number;
  readonly status?: number;
  readonly error?: { readonly kind: string };
}

function recordsIn(files: FakeFiles): Shown[] {
  return files
    .text(OUT)!
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Shown);
}

function linesByIndex(files: FakeFiles): Map<number, string> {
  const lines = files.text(OUT)!.split('\n').slice(0, -1);
  return new Map(lines.map((line) => [Number(/^\{"index":(\d+)/.exec(line)![1]), line]));
}

const WANTED = Array.from({ length: REQUESTS }, (_, i) => i).filter((index) => index !== FILTERED);

function expectOneEach(files: FakeFiles): void {
  const indices = recordsIn(files).map(({ index }) => index);
  expect(indices.toSorted((a, b) => a - b)).toEqual(WANTED);
}

describe.each([
  ['in the order of the input', {}],
  ['in another order', { backwards: true }],
] as const)('of a complete run, %s', (_, order) => {
  it('sends what was picked and nothing else, and leaves the other records as they are', async () => {
    const files = await complete(order);
    const before = linesByIndex(files);
    const sent = Array<number>(REQUESTS).fill(0);
    await session(files, { ...order, isNew: true, retake: RETAKE, sent });
    expect(sent).toEqual(Array.from({ length: REQUESTS }, (_, i) => (isPicked(i) ? 1 : 0)));
    expectOneEach(files);
    for (const [index, line] of linesByIndex(files)) {
      if (isPicked(index)) expect(line).toContain('"status":201');
      else expect(line).toBe(before.get(index));
    }
    const journal = await Journal.read(`${OUT}.journal`, files);
    expect(journal).toMatchObject({ complete: true });
    expect(journal!.done.toText()).toBe(String(REQUESTS));
    const ok = WANTED.filter((index) => isPicked(index) || !(fails(index) || refuses(index))).length;
    // What was filtered is counted, too.
    expect(journal!.last!.counts).toEqual({ requests: REQUESTS, ok: ok + 1, failed: 0 });
    expect(files.paths).toEqual([OUT, `${OUT}.journal`]);
  });

  it.each(['process', 'power'] as const)('survives the end of the %s at every operation', async (kind) => {
    const terms = { ...order, durability: kind };
    const base = await complete(terms);
    const before = linesByIndex(base);
    const seen = { old: 0, anew: 0 };
    for (const moment of ['before', 'half', 'after'] as const) {
      for (let operation = 1, ended = false; !ended; operation++) {
        const sent = Array<number>(REQUESTS).fill(0);
        const files = copyOf(base).crashAt(operation, moment);
        ended = await session(files, { ...terms, isNew: true, retake: RETAKE, sent }).then(
          () => true,
          () => false,
        );
        const found = unlocked(files.crash(kind, operation));
        await session(found, { ...terms, isNew: true, sent });
        expectOneEach(found);
        for (const [index, line] of linesByIndex(found)) {
          if (!isPicked(index)) expect(line).toBe(before.get(index));
          else seen[line === before.get(index) ? 'old' : 'anew']++;
          if (!isPicked(index)) expect(sent[index]).toBe(0);
          else if (isPost(index)) expect(sent[index]).toBeLessThanOrEqual(1);
        }
        expect(sent[FILTERED]).toBe(0);
        expect((await Journal.read(`${OUT}.journal`, found))!.complete).toBe(true);
      }
    }
    expect(Math.min(seen.old, seen.anew)).toBeGreaterThan(50);
  });
});

describe('of a run that was cut off', () => {
  it('sends what was picked and what was never sent, also where it was marked as sent', async () => {
    const files = await cutOff();
    const sent = Array<number>(REQUESTS).fill(0);
    await session(files, { isNew: true, retake: RETAKE, sent });
    expectOneEach(files);
    // 0 to 11 had records of which the commit knew nothing, so nobody knows of what was filtered; the rest was never sent.
    const isSent = (index: number) => isPicked(index) || index === FILTERED || index >= 12;
    expect(sent).toEqual(Array.from({ length: REQUESTS }, (_, i) => (isSent(i) ? 1 : 0)));
    expect(recordsIn(files).filter(({ error }) => error !== undefined)).toEqual([]);
  });

  it('trusts nothing behind a line that is no record, where no commit covers it', async () => {
    const files = await cutOff();
    const lines = files.text(OUT)!.split('\n').slice(0, 11);
    const behind = lines.splice(8).join('\n');
    files.put(OUT, `${lines.join('\n')}\n\0\0\0\n${behind}\n`);
    files.appenders.remove(`${OUT}.journal.sent`);
    const sent = Array<number>(REQUESTS).fill(0);
    await session(files, { isNew: true, retake: RETAKE, sent });
    expectOneEach(files);
    expect(sent.slice(9)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(sent[7]).toBe(0);
  });

  it('leaves in doubt what was marked and has no record', async () => {
    const files = await cutOff();
    // As if it had ended before the record of 11, a POST that is marked.
    const lines = files.text(OUT)!.split('\n');
    files.put(OUT, `${lines.slice(0, -2).join('\n')}\n`);
    const sent = Array<number>(REQUESTS).fill(0);
    await session(files, { isNew: true, retake: RETAKE, sent });
    expectOneEach(files);
    expect(sent[11]).toBe(0);
    expect(recordsIn(files).find(({ index }) => index === 11)).toMatchObject({ error: { kind: 'unknown' } });
    // Who asks for it by name has it sent.
    await session(copyOf(files), { isNew: true, retake: RETAKE, sent });
    expect(sent[11]).toBe(1);
  });

  it.each(['before', 'half', 'after'] as const)(
    'survives another crash %s each operation',
    async (moment) => {
      const base = await cutOff();
      for (let operation = 1, ended = false; !ended; operation++) {
        const sent = Array<number>(REQUESTS).fill(0);
        const files = copyOf(base).crashAt(operation, moment);
        ended = await session(files, { isNew: true, retake: RETAKE, sent }).then(
          () => true,
          () => false,
        );
        const found = unlocked(files.crash('process'));
        await session(found, { isNew: true, sent });
        expectOneEach(found);
        for (const index of WANTED.filter(isPost)) expect(sent[index]).toBeLessThanOrEqual(1);
      }
    },
  );
});

describe('what is left as it is', () => {
  async function refused(files: FakeFiles, terms: Terms = {}): Promise<string> {
    const before = files.text(OUT);
    const journal = files.text(`${OUT}.journal`);
    const sent = Array<number>(REQUESTS).fill(0);
    const error = await session(files, { isNew: true, retake: RETAKE, sent, ...terms }).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(files.text(OUT)).toBe(before);
    expect(files.text(`${OUT}.journal`)).toBe(journal);
    expect(files.paths.filter((path) => path.endsWith('.retry') || path.endsWith('.lock'))).toEqual([]);
    expect(sent).toEqual(Array<number>(REQUESTS).fill(0));
    return error!.message;
  }

  it('is an output with a line that is no record', async () => {
    const files = await complete();
    files.put(OUT, files.text(OUT)!.replace('\n', '\nnothing\n'));
    expect(await refused(files)).toBe(
      'line 2 of /out.jsonl is no record, and it is not the last one; mend or delete it, nothing was changed',
    );
  });

  it('is one that ends before its last commit', async () => {
    const files = await complete();
    const text = files.text(OUT)!;
    files.put(OUT, text.slice(0, -1));
    expect(await refused(files)).toMatch(/has \S+ bytes, of \S+ that its run had stored/);
    files.put(OUT, `${text.slice(0, -9)}xxxxxxxxx`);
    expect(await refused(files)).toBe(
      'line 15 of /out.jsonl is no record, and it is not the last one; mend or delete it, nothing was changed',
    );
  });

  it('is one whose requests are not known by their records yet', async () => {
    const files = await complete();
    const tools = { files, appenders: files.appenders, clock: new VirtualClock() };
    const positionOf = () => {
      throw new RangeError('not yet');
    };
    const plan = { ...planOf(files, { isNew: true, retake: RETAKE }), positionOf };
    await expect(Recorder.open(plan, tools)).rejects.toThrow(
      'as with a sample of a stream; nothing was changed',
    );
  });

  it('is one on a disk that is full', async () => {
    const files = await complete();
    files.failAt(1, 'ENOSPC', { kind: 'write', path: `${OUT}.retry`, half: true });
    expect(await refused(files)).toContain('cannot write to /out.jsonl.retry: the disk is full');
  });

  it('is that of a run that is another one by now', async () => {
    const files = await complete();
    const tools = { files, appenders: files.appenders, clock: new VirtualClock() };
    const plan = {
      ...planOf(files, { isNew: true, retake: RETAKE }),
      identity: { input: { url: 'x' }, options: {} },
    };
    await expect(Recorder.open(plan, tools)).rejects.toThrow(
      'the records in /out.jsonl are of another run than this one would be: url was not set, now it is x; nothing was changed',
    );
  });
});

it('goes on after an error at any operation', async () => {
  const base = await complete();
  const whole = copyOf(base);
  await session(whole, { isNew: true, retake: RETAKE });
  let told = 0;
  for (let operation = 1; operation <= whole.operations; operation++) {
    const sent = Array<number>(REQUESTS).fill(0);
    const files = copyOf(base).failAt(operation, 'EIO');
    await session(files, { isNew: true, retake: RETAKE, sent }).catch(() => told++);
    const found = copyOf(files);
    await session(found, { isNew: true, sent });
    expectOneEach(found);
    for (const index of WANTED)
      expect(sent[index]).toBeLessThanOrEqual(isPicked(index) ? (isPost(index) ? 1 : 2) : 0);
  }
  // All but those of what is tidied up.
  expect(told).toBeGreaterThan(whole.operations - 8);
});

it('takes lines of any length, and writes the copy with what the caller makes of it', async () => {
  const files = await complete();
  const fat = 'x'.repeat(1_500_000);
  const lines = files.text(OUT)!.split('\n').slice(0, -1);
  const long = lines.map((line) => `${line.slice(0, -1)},"body":"${fat}"}\n`);
  const fatter = new FakeFiles();
  fatter.put(OUT, long.join(''));
  const journal = (await Journal.read(`${OUT}.journal`, files))!;
  const made = await Journal.create(`${OUT}.journal`, journal.header, fatter);
  await made.append({ ...journal.last!, positions: [String(long.join('').length)] }, 'process');
  await made.close();
  const prepared: string[] = [];
  const retake = { ...RETAKE, prepare: (path: string) => prepared.push(path) };
  await session(fatter, { isNew: true, retake });
  expect(prepared).toEqual([`${OUT}.retry`]);
  expectOneEach(fatter);
  for (const [index, line] of linesByIndex(fatter)) expect(line.length > fat.length).toBe(!isPicked(index));
});
