import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { StreamTaker } from '../../src/sinks/bytes-taker.ts';
import { jsonLinesSink } from '../../src/sinks/json-lines.ts';
import { openingError } from '../../src/sinks/output-error.ts';
import { OutputFile, openOutputFile, standardOutput } from '../../src/sinks/output-file.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';
import { eventually } from '../contract/sink-suite.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { temporaryFolder } from './folder.ts';
import { GatedTaker } from './gated-taker.ts';
import { response } from './outcomes.ts';

const path = temporaryFolder();
const files = new SystemFiles();
const KIB = 1024;

function inMemory() {
  const clock = new VirtualClock(1000);
  const taker = new GatedTaker();
  const file = new OutputFile(taker, 'the output', clock);
  /** What was taken, after the taker has called back. */
  const portions = async () => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
    return taker.portions.map(String);
  };
  return { clock, taker, file, portions };
}

describe('when an output file writes', () => {
  it('hands over the first text of a quiet time after the poll, what follows within 200 ms', async () => {
    const { clock, file, portions } = inMemory();
    file.write('a');
    expect(await portions()).toEqual([]);
    clock.poll();
    expect(await portions()).toEqual(['a']);
    file.write('b');
    clock.advance(100);
    file.write('c');
    clock.advance(99);
    expect(await portions()).toEqual(['a']);
    clock.advance(1);
    expect(await portions()).toEqual(['a', 'bc']);
    clock.advance(150);
    file.write('d');
    clock.advance(50);
    expect(await portions()).toEqual(['a', 'bc', 'd']);
    clock.advance(200);
    file.write('e');
    clock.poll();
    expect(await portions()).toEqual(['a', 'bc', 'd', 'e']);
  });

  it('hands over 64 KiB at once, with one timer at most', async () => {
    const { clock, file, portions } = inMemory();
    for (let i = 0; i < 640; i++) file.write('x'.repeat(KIB));
    expect(clock.pending + clock.polling).toBe(1);
    await eventually(async () => (await portions()).length === 10);
    expect((await portions()).map((text) => text.length)).toEqual(Array(10).fill(64 * KIB));
    clock.advance(1000);
    expect(await portions()).toHaveLength(10);
    expect(clock.pending + clock.polling).toBe(0);
  });

  it('collects while a portion is being taken', async () => {
    const { clock, taker, file, portions } = inMemory();
    taker.shut();
    file.write('a');
    clock.advance(0);
    for (const text of 'bcd') file.write(text);
    clock.advance(200);
    file.write('e');
    expect(await portions()).toEqual([]);
    taker.open();
    expect(await portions()).toEqual(['a', 'bcd']);
    await file.close();
    expect(await portions()).toEqual(['a', 'bcd', 'e']);
  });

  it('writes any characters as UTF-8, also more of them than its buffer holds', async () => {
    const { taker, file } = inMemory();
    const text = `${'ü'.repeat(KIB)}${'雪🌨'.repeat(60 * KIB)}${'z'.repeat(100)}`;
    file.write(text);
    file.write('ß');
    await file.close();
    expect(taker.text).toBe(`${text}ß`);
    expect(taker.closed).toBe(1);
  });
});

describe('when an output file is full', () => {
  it('is so with more than 1 MiB waiting, until less than 256 KiB do', async () => {
    const { taker, file } = inMemory();
    const waiting: string[] = [];
    file.onDrain = () => waiting.push(String(file));
    taker.shut();
    for (let i = 0; i < 1024; i++) file.write('x'.repeat(KIB));
    expect(file.full).toBe(false);
    file.write('x');
    expect(String(file)).toBe('the output open, waiting 1048577, full');
    taker.open();
    await eventually(() => waiting.length > 0);
    expect(waiting).toEqual(['the output open, waiting 196609']);
    await file.close();
    expect(String(file)).toBe('the output closed, waiting 0');
    expect(waiting).toHaveLength(1);
  });

  it('keeps nothing after an error', async () => {
    const { taker, file, clock } = inMemory();
    taker.break('EIO');
    file.write('x'.repeat(64 * KIB));
    await eventually(() => String(file).includes('broken'));
    for (let i = 0; i < 2048; i++) file.write('x'.repeat(KIB));
    expect(String(file)).toBe('the output broken, waiting 0');
    expect(clock.pending + clock.polling).toBe(0);
    await expect(file.close()).rejects.toThrow(/^cannot write to the output: EIO/);
  });

  it('rejects where only closing fails', async () => {
    const { taker, file, portions } = inMemory();
    file.write('x'.repeat(64 * KIB));
    expect(await portions()).toHaveLength(1);
    taker.break('EDQUOT');
    await expect(file.close()).rejects.toThrow(/the disk is full/);
  });
});

describe('a commit of an output file', () => {
  const place = async () => {
    const files = new FakeFiles();
    await files.makeFolder('/runs');
    const clock = new VirtualClock();
    const open = (position?: string) => openOutputFile('/runs/out', { files, clock, position });
    return { files, open, steps: () => files.log.splice(0).map((line) => line.replace(/ .*\//, ' ')) };
  };

  it('syncs what came since the last one, and the folder of a file that was just made', async () => {
    const { open, steps } = await place();
    const file = await open();
    expect(await file.commit('process')).toBe('0');
    file.write('äbc');
    expect(await file.commit('process')).toBe('4');
    expect(steps()).toEqual(['makeFolder runs', 'open out create', 'write out 0+4']);
    expect(await file.commit('power')).toBe('4');
    expect(steps()).toEqual(['sync out', 'syncFolder runs']);
    expect(await file.commit('power')).toBe('4');
    expect(steps()).toEqual([]);
    file.write('d');
    expect(await file.commit('power')).toBe('5');
    expect(steps()).toEqual(['write out 4+1', 'sync out']);
    await file.close();
  });

  it('goes on from where it was cut back to', async () => {
    const { files, open, steps } = await place();
    files.put('/runs/out', 'whole line\nhalf a li');
    const file = await open('11');
    file.write('next\n');
    expect(await file.commit('process')).toBe('16');
    expect(steps().slice(1)).toEqual(['open out update', 'truncate out 11', 'write out 11+5']);
    await file.close();
    expect(files.text('/runs/out')).toBe('whole line\nnext\n');
  });

  it('cuts nothing off a file that ends there, and takes none for an empty one', async () => {
    const { files, open, steps } = await place();
    expect((await open('0')).begun).toBe(false);
    expect(files.text('/runs/out')).toBe('');
    files.put('/runs/out', 'abc');
    steps();
    expect((await open('3')).begun).toBe(true);
    expect(steps()).toEqual(['open out update']);
  });

  it('does not hold up what is written meanwhile, up to 1 MiB', async () => {
    const { files, open } = await place();
    const file = await open();
    file.write('a');
    files.hold();
    const committing = file.commit('power');
    for (let i = 0; i < 1023; i++) file.write('x'.repeat(KIB));
    expect(file.full).toBe(false);
    file.write('x'.repeat(KIB));
    expect(file.full).toBe(true);
    const drained = new Promise<void>((resolve) => {
      file.onDrain = resolve;
    });
    files.release();
    expect(await committing).toBe('1');
    await drained;
    expect(await file.commit('process')).toBe(String(1024 * KIB + 1));
    await file.close();
  });

  it('of a stream tells how much has gone', async () => {
    const cat = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] });
    const file = new OutputFile(new StreamTaker(cat.stdin), 'cat', new VirtualClock());
    file.write('äbc');
    expect(await file.commit('power')).toBe('4');
    await file.close();
    cat.stdin.end();
  });
});

describe('openOutputFile', () => {
  const tools = { files, clock: new VirtualClock() };

  it('empties what is there', async () => {
    const name = path('old.jsonl');
    writeFileSync(name, 'old text that is longer');
    const file = await openOutputFile(name, tools);
    file.write('new\n');
    await file.close();
    expect(readFileSync(name, 'utf8')).toBe('new\n');
  });

  it('says how to make a folder that is missing', async () => {
    const folder = path('missing');
    await expect(openOutputFile(`${folder}/out.jsonl`, tools)).rejects.toMatchObject({
      code: 'ENOENT',
      message: `cannot write ${folder}/out.jsonl: there is no folder ${folder}; make it with: mkdir -p ${folder}`,
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('says that a folder is one', async () => {
    const root = path('').replace(/\/[^/]*$/, '');
    await expect(openOutputFile(root, tools)).rejects.toMatchObject({
      code: 'EISDIR',
      message: `cannot write ${root}: it is a folder; name a file in it, such as -o ${root}/records.jsonl`,
    });
  });

  it('says that a file is no folder', async () => {
    const name = path('file');
    writeFileSync(name, '');
    await expect(openOutputFile(`${name}/out`, tools)).rejects.toThrow(
      /is a file where a folder should be.*-o/,
    );
  });

  it.each(['EACCES', 'EPERM', 'EROFS', 'EMFILE', 'ENOSPC', 'EIO'])(
    'says in one line what to do about %s',
    (code) => {
      const error = openingError('out.jsonl', Object.assign(new Error('the system says'), { code }));
      expect(error.message).toMatch(/^cannot write out\.jsonl: [^\n]*(-o|-n|-c)/);
      expect(error.code).toBe(code);
    },
  );

  it.skipIf(!existsSync('/dev/full'))('tells of a full disk once', async () => {
    const file = await openOutputFile('/dev/full', tools);
    const errors: Error[] = [];
    file.onError = (error) => errors.push(error);
    for (let i = 0; i < 300; i++) file.write('x'.repeat(KIB));
    await expect(file.close()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(errors).toHaveLength(1);
    expect(errors[0]!.message).toBe(
      'cannot write to /dev/full: the disk is full; free some space, or name a file elsewhere with -o',
    );
  });

  it('writes lines that node:readline reads as one each', async () => {
    const name = path('lines.jsonl');
    const file = await openOutputFile(name, tools);
    const sink = jsonLinesSink(file, { body: 'auto', headers: false, timings: false });
    const bodies = ['a\u2028b', 'a\u2029b', 'a\r\nb\u0085c'];
    bodies.forEach((body, index) => {
      sink.write(response({ index, body, type: 'text/plain' }));
      sink.write(response({ index, body: JSON.stringify(body.replace('\r\n', '')) }));
    });
    await sink.close();
    const read: string[] = [];
    for await (const line of createInterface({ input: createReadStream(name) }))
      read.push(JSON.parse(line).body);
    expect(read).toEqual(bodies.flatMap((body) => [body, body.replace('\r\n', '')]));
  });
});

describe('an output to a pipe', () => {
  it('waits for a reader that pauses, and loses nothing', async () => {
    const cat = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
    const file = new OutputFile(new StreamTaker(cat.stdin), 'cat', new VirtualClock());
    let drained = false;
    file.onDrain = () => {
      drained = true;
    };
    let written = 0;
    for (; !file.full && written < 1e6; written++) file.write(`${written}\n`.padStart(KIB, '.'));
    expect(drained).toBe(false);
    let read = 0;
    cat.stdout.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    await file.close();
    cat.stdin.end();
    await once(cat.stdout, 'end');
    expect(read).toBe(written * KIB);
  });

  it('tells of EPIPE once when the reader has gone', async () => {
    const reader = spawn('sh', ['-c', 'exec 0<&-; echo closed; exec sleep 60'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(reader.stdout, 'data');
    const file = new OutputFile(new StreamTaker(reader.stdin), 'standard output', new VirtualClock());
    const errors: Error[] = [];
    file.onError = (error) => errors.push(error);
    for (let i = 0; i < 200; i++) file.write('x'.repeat(KIB));
    await expect(file.close()).rejects.toMatchObject({
      code: 'EPIPE',
      message: 'cannot write to standard output: its reader has closed the pipe',
    });
    expect(errors).toMatchObject([{ code: 'EPIPE' }]);
    const later = new OutputFile(new StreamTaker(reader.stdin), 'standard output', new VirtualClock());
    later.write('x');
    await expect(later.close()).rejects.toMatchObject({ code: 'EPIPE' });
    reader.kill();
  });

  it('listens for errors of a stream once, however many files write to it', () => {
    const cat = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] });
    const before = cat.stdin.listenerCount('error');
    for (let i = 0; i < 20; i++) new StreamTaker(cat.stdin);
    expect(cat.stdin.listenerCount('error')).toBe(before + 1);
    cat.stdin.end();
  });

  it('has standard output for one of them', async () => {
    const file = standardOutput(new VirtualClock());
    expect(String(file)).toBe('standard output open, waiting 0');
    await file.close();
  });
});
