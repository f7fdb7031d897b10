import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Response } from '../../src/model/outcome.ts';
import { BodyFiles, openBodyFiles } from '../../src/sinks/body-files.ts';
import { BodyFilesSink } from '../../src/sinks/body-files-sink.ts';
import { indexName } from '../../src/sinks/body-name.ts';
import { jsonLinesSink } from '../../src/sinks/json-lines.ts';
import { openOutputFile } from '../../src/sinks/output-file.ts';
import type { RecordSink } from '../../src/sinks/record-sink.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { temporaryFolder } from './folder.ts';
import { failure, response } from './outcomes.ts';

const path = temporaryFolder();
const OPTIONS = { headers: false, timings: false };

describe('where a body goes', () => {
  it.each([
    [0, 'application/json', '000/000000.json'],
    [123, 'application/vnd.api+json', '000/000123.json'],
    [999, 'text/html', '000/000999.html'],
    [1000, 'image/svg+xml', '001/001000.svg'],
    [1_234_567, 'application/atom+xml', '234/1234567.xml'],
    [5, '', '000/000005.bin'],
    [5, '../../etc/passwd', '000/000005.bin'],
    [5, '../+json', '000/000005.json'],
    [5, 'constructor', '000/000005.bin'],
  ])('index %i of type %j goes to %s', (index, type, file) => {
    expect(indexName(index, type)).toBe(file);
  });

  it('is beside the output, and its path starts at the output', async () => {
    const output = path('out.jsonl');
    const bodies = await openBodyFiles(output);
    expect(bodies.folder).toBe(`${output}.bodies`);
    const file = await openOutputFile(output, { files: new SystemFiles(), clock: new VirtualClock() });
    const sink = jsonLinesSink(file, { body: bodies, ...OPTIONS });
    const body = Uint8Array.of(0, 255, 10, 13);
    sink.write(response({ index: 1500, body, url: 'http://localhost/../../x.json', type: 'image/png' }));
    sink.write(response({ index: 3, body: '', type: 'text/plain' }));
    await sink.close();
    const [record, empty] = readFileSync(output, 'utf8')
      .split('\n', 2)
      .map((line) => JSON.parse(line));
    expect(record.bodyFile).toBe(`${basename(output)}.bodies/001/001500.png`);
    expect([...readFileSync(join(dirname(output), record.bodyFile))]).toEqual([...body]);
    expect(readFileSync(join(dirname(output), empty.bodyFile), 'utf8')).toBe('');
    expect(readdirSync(bodies.folder)).toEqual(['000', '001']);
  });

  it('is made again when it has been removed', async () => {
    const bodies = await openBodyFiles(path('out'));
    rmSync(bodies.folder, { recursive: true });
    await new Promise((resolve) => bodies.store(response({ index: 7 }), resolve));
    expect(existsSync(join(bodies.folder, '000/000007.json'))).toBe(true);
  });

  it('says what to do when a file is in the way', async () => {
    const output = path('out');
    writeFileSync(`${output}.bodies`, '');
    await expect(openBodyFiles(output)).rejects.toMatchObject({
      code: 'EEXIST',
      message: `cannot write ${output}.bodies: a part of this path is a file where a folder should be; name another path with -o`,
    });
  });
});

/** Bodies that are stored when the test says so, and records that are only counted. */
function underTest() {
  const storing: { index: number; done: (error?: Error) => void }[] = [];
  const records: [number, string | undefined][] = [];
  class HeldBodies extends BodyFiles {
    override store({ index }: Response, done: Parameters<BodyFiles['store']>[1]): void {
      storing.push({ index, done: (error) => done(error as Parameters<typeof done>[0], `file ${index}`) });
    }
  }
  const next: RecordSink = {
    write: (outcome, bodyFile) => records.push([outcome.index, bodyFile]),
    full: false,
    onDrain: undefined,
    onError: undefined,
    commit: () => Promise.resolve('0'),
    close: () => Promise.resolve(),
  };
  const sink = new BodyFilesSink(new HeldBodies('bodies'), next);
  return { sink, storing, records };
}

describe('BodyFilesSink', () => {
  it('stores 32 bodies at once and hands on records in order, each after its body', () => {
    const { sink, storing, records } = underTest();
    for (let index = 0; index < 40; index++) sink.write(response({ index }));
    expect(storing.map(({ index }) => index)).toEqual(Array.from({ length: 32 }, (_, i) => i));
    storing[1]!.done();
    expect(records).toEqual([]);
    expect(storing).toHaveLength(33);
    storing[0]!.done();
    expect(records).toEqual([
      [0, 'file 0'],
      [1, 'file 1'],
    ]);
    expect(storing).toHaveLength(34);
    expect(String(sink)).toBe('bodies queue 38, storing 32');
    for (let i = 2; i < 40; i++) storing[i]!.done();
    expect(records.map(([index]) => index)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(String(sink)).toBe('bodies queue 0, storing 0');
  });

  it('keeps failures in their place among responses', () => {
    const { sink, storing, records } = underTest();
    sink.write(failure(0));
    expect(records).toEqual([[0, '']]);
    sink.write(response({ index: 1 }));
    sink.write(failure(2));
    sink.write(response({ index: 3 }));
    sink.write(failure(4));
    storing[1]!.done();
    expect(records).toHaveLength(1);
    storing[0]!.done();
    expect(records.map(([index]) => index)).toEqual([0, 1, 2, 3, 4]);
  });

  it('is full with more than 64 in the queue, until 32 are left', () => {
    const { sink, storing } = underTest();
    let drains = 0;
    sink.onDrain = () => drains++;
    for (let index = 0; index < 64; index++) sink.write(response({ index }));
    expect(sink.full).toBe(false);
    sink.write(response({ index: 64 }));
    expect(sink.full).toBe(true);
    for (let i = 0; i < 32; i++) storing[i]!.done();
    expect([sink.full, drains]).toEqual([true, 0]);
    storing[32]!.done();
    expect([sink.full, drains]).toEqual([false, 1]);
    for (let i = 33; i < 65; i++) storing[i]!.done();
    expect(drains).toBe(1);
  });

  it('is full with more than 16 MiB of bodies in the queue', () => {
    const { sink, storing } = underTest();
    const body = Buffer.alloc(8 * 1024 * 1024);
    for (let index = 0; index < 2; index++) sink.write(response({ index, body }));
    expect(sink.full).toBe(false);
    sink.write(response({ index: 2, body: 'x' }));
    expect(sink.full).toBe(true);
    storing[0]!.done();
    expect(sink.full).toBe(true);
    storing[1]!.done();
    expect(sink.full).toBe(false);
  });

  it('hands on nothing after a body that could not be stored', async () => {
    const { sink, storing, records } = underTest();
    const errors: Error[] = [];
    sink.onError = (error) => errors.push(error);
    for (let index = 0; index < 3; index++) sink.write(response({ index }));
    storing[0]!.done();
    storing[1]!.done(new Error('no space'));
    const closing = sink.close();
    storing[2]!.done(new Error('no space'));
    await expect(closing).rejects.toThrow('no space');
    expect(errors).toHaveLength(1);
    expect(records.map(([index]) => index)).toEqual([0]);
  });

  it('wakes a writer that waits when a body could not be stored', () => {
    const { sink, storing } = underTest();
    let drains = 0;
    sink.onDrain = () => drains++;
    for (let index = 0; index < 65; index++) sink.write(response({ index }));
    storing[0]!.done(new Error('no space'));
    expect([sink.full, drains]).toEqual([false, 1]);
  });

  it.skipIf(!existsSync('/dev/full'))('tells which file could not be written', async () => {
    const bodies = new BodyFiles('/dev/full');
    const error = await new Promise((resolve) => bodies.store(response({ index: 1 }), resolve));
    expect(error).toMatchObject({
      code: 'ENOTDIR',
      message: expect.stringContaining('/dev/full/000/000001.json'),
    });
  });
});
