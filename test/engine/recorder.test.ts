// What a recorder makes of an output that is there: goes on, begins anew or refuses; and what of a run it leaves to the
// next one.

import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { Recorder, type RecordingPlan } from '../../src/engine/recorder.ts';
import { Journal } from '../../src/journal/journal.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { failure, response } from '../sinks/outcomes.ts';
import { aborted, planOf, request, requests } from './recorder-simulation.ts';

const OUT = { path: 'out.jsonl', kind: 'jsonl' };

class Stage {
  readonly clock = new VirtualClock();
  readonly files: FakeFiles;

  constructor(files = new FakeFiles()) {
    this.files = files;
  }

  open(plan: Partial<RecordingPlan> = {}): Promise<Recorder | undefined> {
    const common = planOf({ sinks: [OUT], durability: 'process' }, this.files, this.clock);
    const { files, clock } = this;
    return Recorder.open(
      { ...common, again: 'unless-complete', ...plan },
      { files, appenders: files.appenders, clock },
    );
  }

  /** A session that has these outcomes and is stopped, or ends. */
  async session(
    outcomes: readonly Outcome[],
    whole = false,
    plan: Partial<RecordingPlan> = {},
  ): Promise<Recorder> {
    const recorder = (await this.open(plan))!;
    for (const outcome of outcomes) recorder.sink.write(outcome);
    await recorder.sink.close();
    await recorder.end(whole);
    return recorder;
  }

  /** Of the records, in their order. */
  get indices(): number[] {
    const lines = (this.files.text(OUT.path) ?? '').split('\n').slice(0, -1);
    return lines.map((line) => (JSON.parse(line) as { index: number }).index);
  }

  async left(plan: Partial<RecordingPlan> = {}, count = 5): Promise<(number | string)[]> {
    const recorder = (await this.open({ again: 'resume', ...plan }))!;
    const rest = recorder.remaining(requests(count));
    const expected = rest.count;
    const left: (number | string)[] = [];
    for (let pulled = rest.pull(); pulled.type !== 'ended'; pulled = rest.pull()) {
      if (pulled.type === 'request') left.push(pulled.index);
      if (pulled.type === 'failure') left.push(`${pulled.index} ${pulled.kind} ${pulled.sent}`);
    }
    expect(expected).toBe(left.length);
    await recorder.sink.close();
    await recorder.end(false);
    return left;
  }
}

const some = (...indices: number[]) => indices.map((index) => response({ index }));

describe('what is there', () => {
  it('is gone on with where it is not complete', async () => {
    const stage = new Stage();
    await stage.session([...some(0, 2), failure(3)]);
    const recorder = (await stage.open())!;
    expect(recorder.continues).toBe(true);
    expect(recorder.before).toEqual({ requests: 3, ok: 2, failed: 1 });
    expect([0, 1, 2, 3, 4].map((at) => recorder.isDone(at))).toEqual([true, false, true, true, false]);
    await recorder.sink.close();
    await recorder.end(false);
    expect(await stage.left()).toEqual([1, 4]);
  });

  it('is begun anew where it is complete, or nothing is left to do in it', async () => {
    const stage = new Stage();
    await stage.session(some(0, 1), true);
    expect(await stage.open({ again: 'resume' })).toBeUndefined();
    expect(stage.files.paths).toEqual(['out.jsonl', 'out.jsonl.journal']);
    const again = await stage.session(some(1));
    expect([again.continues, again.before.requests]).toEqual([false, 0]);
    expect(stage.indices).toEqual([1]);
  });

  it('is begun anew where that is asked for', async () => {
    const stage = new Stage();
    await stage.session(some(0, 1));
    await stage.session(some(4), false, { again: 'anew' });
    expect(stage.indices).toEqual([4]);
    expect(await stage.left()).toEqual([0, 1, 2, 3]);
  });

  it('is cut back to the last commit, and its whole records behind that are kept', async () => {
    const stage = new Stage();
    await stage.session(some(0));
    const whole = stage.files.text(OUT.path)!;
    const tail = whole.replace('"index":0', '"index":2');
    stage.files.put(OUT.path, `${whole}${tail}{"index":3,"sta`);
    const recorder = await stage.session([], false, { again: 'resume' });
    expect(recorder.before).toEqual({ requests: 2, ok: 2, failed: 0 });
    expect(stage.files.text(OUT.path)).toBe(`${whole}${tail}`);
    expect(await stage.left()).toEqual([1, 3, 4]);
  });

  it('is kept from the first record on, also where no commit has come yet', async () => {
    const stage = new Stage();
    stage.files.put(OUT.path, '{"index":4,"status":200}\n');
    const recorder = (await stage.open())!;
    recorder.sink.write(response({ index: 3 }));
    stage.clock.advance(200);
    for (let turns = 0; turns < 100; turns++) await undefined;
    const found = stage.files.crash('process');
    found.appenders.remove('out.jsonl.lock');
    const next = new Stage(found);
    expect(await next.left()).toEqual([0, 1, 2, 4]);
    expect(next.indices).toEqual([3]);
  });

  it('of several outputs is that of the last entry in each', async () => {
    const sinks = [OUT, { path: 'out.csv', kind: 'csv' }];
    const stage = new Stage();
    await stage.session(some(0, 1), false, { sinks });
    const before = stage.files.text(OUT.path)!;
    stage.files.put(OUT.path, `${before}${before}`);
    expect(await stage.left({ sinks })).toEqual([2, 3, 4]);
    expect(stage.files.text(OUT.path)).toBe(before);
  });

  it('that is shorter than its journal says is refused', async () => {
    const stage = new Stage();
    await stage.session(some(0, 1));
    stage.files.put(OUT.path, '');
    await expect(stage.open()).rejects.toThrow(
      /^cannot go on with out\.jsonl: it has 0 bytes, of \d+ .* begin anew with --restart$/,
    );
    expect(stage.files.paths).not.toContain('out.jsonl.lock');
  });
});

describe('another run', () => {
  const input = { urls: 'http://localhost/' };

  it.each([
    [
      'input',
      { input: { urls: 'http://other/' }, options: {} },
      'urls was http://localhost/, now it is http://other/',
    ],
    ['option', { input, options: { method: 'PUT' } }, 'method was not set, now it is PUT'],
    [
      'secret',
      { input, options: {}, secrets: { user: 'me:hunter2' } },
      'user was not set, now it is a secret',
    ],
  ])('is refused with the %s that differs', async (_, identity, difference) => {
    const stage = new Stage();
    await stage.session(some(0, 1));
    await expect(stage.open({ identity })).rejects.toThrow(
      `out.jsonl holds 2 records of a run that is not finished, and this is another one: ${difference}. ` +
        'Go on with that one: flurry resume out.jsonl; begin anew: --restart; or name another output with -o',
    );
    expect(stage.files.paths).toEqual(['out.jsonl', 'out.jsonl.journal']);
    expect(stage.indices).toEqual([0, 1]);
  });

  it('is refused with the outputs that differ', async () => {
    const stage = new Stage();
    await stage.session(some(0));
    const opening = stage.open({ sinks: [OUT, { path: 'more.csv', kind: 'csv' }] });
    await expect(opening).rejects.toThrow(
      'the outputs were out.jsonl (jsonl), now they are out.jsonl (jsonl), more.csv (csv)',
    );
    expect(stage.files.paths).not.toContain('more.csv');
  });

  it('keeps no secret, nor tells it', async () => {
    const stage = new Stage();
    const identity = (user: string) => ({ input, options: {}, secrets: { user } });
    await stage.session(some(0), false, { identity: identity('me:hunter2') });
    expect(stage.files.text('out.jsonl.journal')).not.toContain('hunter2');
    const error = await stage
      .open({ identity: identity('me:swordfish') })
      .catch((reason: Error) => reason.message);
    expect(error).toContain('user was a secret, now it is another secret');
    await stage.session(some(1), false, { identity: identity('me:hunter2') });
    expect(stage.indices).toEqual([0, 1]);
  });

  it('of another process that writes there now is waited for', async () => {
    const stage = new Stage();
    await stage.session(some(0));
    // The first process of a machine always lives.
    stage.files.put('out.jsonl.lock', JSON.stringify({ pid: 1, host: hostname() }));
    const before = stage.files.operations;
    await expect(stage.open()).rejects.toThrow(
      'out.jsonl is being written by process 1; wait until that ends',
    );
    expect(stage.files.operations).toBe(before);
  });
});

describe('requests that a stop leaves', () => {
  it('are sent by the next session, but a POST under way is recorded as it ended', async () => {
    const stage = new Stage();
    const recorder = (await stage.open())!;
    // Every third is a POST: 0 and 3.
    for (const index of [0, 1, 3]) recorder.beforeSend(request(index));
    recorder.sink.write(aborted(request(0), 'whole'));
    recorder.sink.write(aborted(request(1), 'whole'));
    recorder.sink.write(aborted(request(3), 'none'));
    recorder.sink.write(response({ index: 2 }));
    await recorder.sink.close();
    // Whoever believes that all is done is corrected.
    await recorder.end(true);
    expect(stage.indices).toEqual([0, 2]);
    expect(stage.files.text(OUT.path)).toContain('"kind":"aborted"');
    expect(await stage.left()).toEqual([1, 3, 4]);
  });

  it('leave all behind them too where records are in order', async () => {
    const stage = new Stage();
    await stage.session([...some(0), aborted(request(1), 'none'), ...some(2)], false, { ordered: true });
    expect(stage.indices).toEqual([0]);
    expect(await stage.left({ ordered: true })).toEqual([1, 2, 3, 4]);
  });

  it('are those items too that end a run of strict input', async () => {
    for (const strictInput of [true, false]) {
      const stage = new Stage();
      const bad = failure(1);
      Object.assign(bad, { phase: 'input', kind: 'invalid' });
      await stage.session([...some(0), bad], false, { strictInput });
      expect(stage.indices).toEqual(strictInput ? [0] : [0, 1]);
    }
  });

  it('are none that were looked at and are not wanted', async () => {
    const stage = new Stage();
    const recorder = (await stage.open())!;
    recorder.sink.write(response({ index: 0 }));
    recorder.sink.skip(response({ index: 1 }));
    recorder.sink.skip(aborted(request(2), 'none'));
    await recorder.sink.close();
    await recorder.end(false);
    expect(stage.indices).toEqual([0]);
    expect(await stage.left()).toEqual([2, 3, 4]);
  });

  it('have the places that they have in the input, whatever their indices are', async () => {
    const stage = new Stage();
    const positionOf = (index: number) => 4 - index;
    const recorder = await stage.session(some(4, 3), false, { positionOf });
    expect([0, 1, 2].map((at) => recorder.isDone(at))).toEqual([false, false, false]);
    const again = (await stage.open({ positionOf }))!;
    expect([0, 1, 2, 3, 4].map((at) => again.isDone(at))).toEqual([true, true, false, false, false]);
    await again.sink.close();
  });
});

describe('a request that must not be sent twice', () => {
  /** Two POSTs were sent, one of them has its record, and the process is gone. */
  async function cutOff(): Promise<Stage> {
    const stage = new Stage();
    const recorder = (await stage.open())!;
    for (const index of [0, 3]) recorder.beforeSend(request(index));
    recorder.sink.write(response({ index: 0, method: 'POST' }));
    stage.clock.advance(1_000);
    for (let turns = 0; turns < 100; turns++) await undefined;
    const found = stage.files.crash('process');
    found.appenders.remove('out.jsonl.lock');
    return new Stage(found);
  }

  it('and may have been, is a record that says so', async () => {
    const stage = await cutOff();
    expect(await stage.left()).toEqual([1, 2, '3 unknown unknown', 4]);
  });

  it('is sent again where that is permitted', async () => {
    const stage = await cutOff();
    expect(await stage.left({ mayRepeat: () => true })).toEqual([1, 2, 3, 4]);
  });

  it('stays in doubt until the journal has its record', async () => {
    const sinks = [{ path: 'out.csv', kind: 'csv' }];
    const stage = new Stage();
    const recorder = (await stage.open({ sinks }))!;
    // As many as make the list of what was sent worth a shorter one.
    const count = 5_500;
    for (let index = 0; index < count; index++) {
      recorder.beforeSend(request(index, 'POST'));
      recorder.sink.write(response({ index, method: 'POST' }));
    }
    stage.files.hold();
    stage.clock.advance(50);
    for (let turns = 0; turns < 100; turns++) await undefined;
    const found = stage.files.crash('process');
    found.appenders.remove('out.csv.lock');
    const left = await new Stage(found).left({ sinks, mayRepeat: () => false }, count);
    expect(left.filter((one) => typeof one === 'number')).toEqual([]);
    expect(left).toHaveLength(count);
  });

  it('stays in doubt where its answer came behind what is left of records in order', async () => {
    const stage = new Stage();
    const recorder = (await stage.open({ ordered: true }))!;
    recorder.beforeSend(request(3));
    recorder.sink.write(response({ index: 0 }));
    recorder.sink.write(aborted(request(1), 'none'));
    recorder.sink.write(response({ index: 3, method: 'POST' }));
    await recorder.sink.close();
    await recorder.end(true);
    expect(await stage.left({ ordered: true })).toEqual([1, 2, '3 unknown unknown', 4]);
  });

  it('is not sent where that cannot be remembered', async () => {
    const stage = new Stage(new FakeFiles().failAt(1, 'ENOSPC', { kind: 'open', path: /\.sent/ }));
    const recorder = (await stage.open())!;
    recorder.beforeSend(request(1));
    expect(() => recorder.beforeSend(request(3))).toThrow(
      /^cannot write to out\.jsonl\.journal\.sent: the disk is full; .* run the same command again$/,
    );
    await recorder.sink.close();
    await recorder.end(false);
    expect(await stage.left()).toEqual([0, 1, 2, 3, 4]);
  });

  it('shortens the time between commits while it is in doubt', async () => {
    const commits = async (durability: 'process' | 'power', index: number) => {
      const stage = new Stage();
      const recorder = (await stage.open({ durability }))!;
      recorder.beforeSend(request(index));
      recorder.sink.write(response({ index }));
      const before = stage.clock.now();
      const last = async () => (await Journal.read('out.jsonl.journal', stage.files))!.last?.counts.requests;
      while ((await last()) !== 1) {
        stage.clock.advance(10);
        for (let turns = 0; turns < 50; turns++) await undefined;
      }
      return stage.clock.now() - before;
    };
    expect(await commits('process', 1)).toBe(250);
    expect(await commits('process', 3)).toBe(50);
    expect(await commits('power', 1)).toBe(1_000);
    expect(await commits('power', 3)).toBe(250);
  });
});

describe('a recorder that cannot be opened', () => {
  it('leaves nothing behind, and what is there as it is', async () => {
    const sinks = [OUT, { path: 'no/more.jsonl', kind: 'jsonl' }];
    const files = new FakeFiles();
    let open = 0;
    const opening = files.open.bind(files);
    files.open = async (...terms) => {
      const file = await opening(...terms);
      const close = file.close.bind(file);
      open++;
      file.close = () => {
        open--;
        return close();
      };
      return file;
    };
    await expect(new Stage(files).open({ sinks })).rejects.toThrow(
      'cannot write no/more.jsonl: there is no folder no',
    );
    expect(open).toBe(0);
    expect(files.paths).toEqual(['out.jsonl', 'out.jsonl.journal']);
  });

  it('names what stands in its place', async () => {
    const files = new FakeFiles();
    files.put('out.jsonl.journal', 'a diary\n');
    await expect(new Stage(files).open()).rejects.toThrow(/^out\.jsonl\.journal is not a journal of flurry/);
    expect(files.paths).toEqual(['out.jsonl.journal']);
  });
});

it('says what it holds', async () => {
  const stage = new Stage();
  const recorder = (await stage.open())!;
  expect(String(recorder)).toMatch(/^recorder out\.jsonl\.journal open, .*, 0 before$/);
  await recorder.sink.close();
  await recorder.end(true);
});
