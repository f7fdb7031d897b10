import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { BodyStore, DurableSink } from '../../src/model/contracts.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { csvSink } from '../../src/sinks/csv.ts';
import { FanOut, openFanOut } from '../../src/sinks/fan-out.ts';
import { jsonLinesSink } from '../../src/sinks/json-lines.ts';
import { NO_BODIES } from '../../src/sinks/no-bodies.ts';
import { openOutputFile } from '../../src/sinks/output-file.ts';
import type { RecordOptions } from '../../src/sinks/record-sink.ts';
import { type FileSinkTools, sinkOnFiles } from '../contract/sink-suite-files.ts';
import { failure } from './outcomes.ts';

const OPTIONS: RecordOptions = { body: 'auto', headers: false, timings: false };

sinkOnFiles({
  name: 'JSON Lines and CSV at once',
  file: 'out.jsonl',
  open: (path, tools) =>
    openFanOut(
      [
        async (position) => jsonLinesSink(await openOutputFile(path, at(tools, position)), OPTIONS),
        async (position) => {
          const file = await openOutputFile(`${path}.csv`, at(tools, position));
          return csvSink(file, OPTIONS, tools.clock);
        },
      ],
      tools.position,
    ),
  read: async (bytes, path, files) => {
    const lines = bytes.toString().split('\n').slice(0, -1);
    const other = await files.open(`${path}.csv`, 'read');
    const [, ...rows]: string[][] = parse(Buffer.from(await other.read(0, await other.size())));
    await other.close();
    const indices = lines.map((line) => JSON.parse(line).index);
    expect(rows.map(([index]) => Number(index))).toEqual(indices);
    return indices;
  },
});

function at({ files, clock }: FileSinkTools, position: string | undefined) {
  return { files, clock, position };
}

/** A sink that does what the test says. */
class Puppet implements DurableSink {
  readonly bodies: BodyStore | undefined;
  readonly commitMs: number | undefined;
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  full = false;
  readonly written: number[] = [];
  closed = 0;
  broken: Error | undefined;

  constructor(parts: { commitMs?: number; bodies?: BodyStore } = {}) {
    this.commitMs = parts.commitMs;
    this.bodies = parts.bodies;
  }

  write(outcome: Outcome): void {
    this.written.push(outcome.index);
  }

  drain(): void {
    this.full = false;
    this.onDrain?.();
  }

  break(message: string): void {
    this.broken = new Error(message);
    this.onError?.(this.broken);
  }

  async commit(): Promise<string> {
    if (this.broken !== undefined) throw this.broken;
    return `after "${this.written.at(-1)}"`;
  }

  async close(): Promise<void> {
    this.closed++;
    if (this.broken !== undefined) throw this.broken;
  }
}

function underTest() {
  const [a, b, c] = [new Puppet(), new Puppet({ commitMs: 30_000 }), new Puppet({ commitMs: 2000 })];
  const sink = new FanOut([a, b, c]);
  const heard: string[] = [];
  sink.onDrain = () => heard.push('drain');
  sink.onError = ({ message }) => heard.push(message);
  return { a, b, c, sink, heard };
}

describe('FanOut', () => {
  it('gives every outcome to each, and commits all of them at the same one', async () => {
    const { a, b, c, sink } = underTest();
    sink.write(failure(7));
    const committing = sink.commit('process');
    sink.write(failure(8));
    expect(JSON.parse(await committing)).toEqual(['after "7"', 'after "7"', 'after "7"']);
    expect([a.written, b.written, c.written]).toEqual([
      [7, 8],
      [7, 8],
      [7, 8],
    ]);
  });

  it('is full while one is, and drains when none is', () => {
    const { a, b, sink, heard } = underTest();
    expect(sink.full).toBe(false);
    a.full = true;
    b.full = true;
    expect(sink.full).toBe(true);
    a.drain();
    expect([sink.full, heard]).toEqual([true, []]);
    b.drain();
    expect([sink.full, heard]).toEqual([false, ['drain']]);
  });

  it('breaks when one does, once, and gives nothing more to the others', async () => {
    const { a, b, c, sink, heard } = underTest();
    a.full = true;
    b.break('the disk of b is full');
    c.break('so is that of c');
    expect(sink.full).toBe(false);
    a.drain();
    expect(heard).toEqual(['the disk of b is full', 'drain']);
    sink.write(failure(1));
    expect([a.written, c.written]).toEqual([[], []]);
    await expect(sink.commit('power')).rejects.toBe(b.broken);
    a.broken = new Error('it does not close either');
    await expect(sink.close()).rejects.toBe(b.broken);
    await expect(sink.close()).rejects.toBe(b.broken);
    expect([a.closed, b.closed, c.closed]).toEqual([1, 1, 1]);
  });

  it('closes all of them where one cannot close', async () => {
    const { a, b, c, sink } = underTest();
    a.broken = new Error('only closing fails');
    await expect(sink.close()).rejects.toBe(a.broken);
    expect([a.closed, b.closed, c.closed]).toEqual([1, 1, 1]);
  });

  it('asks nobody to write after close', async () => {
    const { a, sink, heard } = underTest();
    a.full = true;
    await sink.close();
    a.drain();
    expect(heard).toEqual([]);
    expect(() => sink.write(failure(1))).toThrow(/after close/);
  });

  it('commits as seldom as the one with the dearest commits, and keeps bodies where one of them does', () => {
    const bodies = {} as BodyStore;
    expect(underTest().sink.commitMs).toBe(30_000);
    expect(new FanOut([new Puppet(), new Puppet()]).commitMs).toBe(undefined);
    expect(new FanOut([new Puppet(), new Puppet({ bodies })]).bodies).toBe(bodies);
    expect(new FanOut([new Puppet()]).bodies).toBe(undefined);
  });

  it('drops bodies where all of them do, and only there', () => {
    const bodies = {} as BodyStore;
    const none = () => new Puppet({ bodies: NO_BODIES });
    expect(new FanOut([none(), none()]).bodies).toBe(NO_BODIES);
    expect(new FanOut([none(), new Puppet()]).bodies).toBe(undefined);
    expect(new FanOut([none(), new Puppet({ bodies })]).bodies).toBe(bodies);
    const archive = Object.assign(new Puppet(), { takesEncoded: true });
    expect(new FanOut([none(), archive]).bodies).toBe(undefined);
  });

  it('leaves bodies in memory where one of them wants them so, as they came', () => {
    const archive = Object.assign(new Puppet(), { takesEncoded: true });
    const sink = new FanOut([new Puppet({ bodies: {} as BodyStore }), archive]);
    expect([sink.bodies, sink.takesEncoded]).toEqual([undefined, true]);
    expect(underTest().sink.takesEncoded).toBe(false);
  });
});

describe('openFanOut', () => {
  it('closes what is open when another cannot be opened', async () => {
    const first = new Puppet();
    const opening = openFanOut([async () => first, () => Promise.reject(new Error('no folder'))]);
    await expect(opening).rejects.toThrow('no folder');
    expect(first.closed).toBe(1);
  });

  it('gives each its own position', async () => {
    const given: (string | undefined)[] = [];
    const open = async (position: string | undefined) => {
      given.push(position);
      return new Puppet();
    };
    await openFanOut([open, open]);
    await openFanOut([open, open], '["a,\\"b","2"]');
    expect(given).toEqual([undefined, undefined, 'a,"b', '2']);
  });

  it.each(['', '12', '{}', '["1"]', '["1","2","3"]', '["1",2]'])(
    'refuses the position %j',
    async (position) => {
      const open = async () => new Puppet();
      await expect(openFanOut([open, open], position)).rejects.toThrow(/^cannot go on with .*--restart$/);
    },
  );
});
