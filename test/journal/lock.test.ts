// One process at a time writes an output.

import { describe, expect, it } from 'vitest';
import { JournalError } from '../../src/journal/journal-error.ts';
import { Lock, type Processes, systemProcesses } from '../../src/journal/lock.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

/** The machine as process `pid` sees it; `alive`: when each process began. */
function machine(pid: number, alive: Record<number, string | undefined>, host = 'here'): Processes {
  return { pid, host, find: (one) => (one in alive ? { start: alive[one] } : undefined) };
}

function place() {
  const files = new FakeFiles();
  const clock = new VirtualClock();
  return { files, clock, tools: { appenders: files.appenders, clock } };
}

async function refusal(taking: Promise<Lock>): Promise<string> {
  const error = await taking.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(JournalError);
  return (error as JournalError).message;
}

describe('Lock', () => {
  it('keeps others out until it is released', async () => {
    const { files, tools } = place();
    const alive = { 7: 'boot:1', 8: 'boot:2' };
    const lock = await Lock.take('out', tools, machine(7, alive));
    expect(`${lock}`).toBe('lock out.lock');
    expect(await refusal(Lock.take('out', tools, machine(8, alive)))).toBe(
      'out is being written by process 7; wait until that ends, or stop it with: kill 7 (if it is no flurry, delete the lock: rm out.lock)',
    );
    expect(await refusal(Lock.take('out', tools, machine(7, alive)))).toMatch(
      /another run of this very process/,
    );
    const other = await Lock.take('other', tools, machine(8, alive));
    lock.release();
    lock.release();
    expect(files.paths).toEqual(['other.lock']);
    other.release();
    (await Lock.take('out', tools, machine(8, alive))).release();
    expect(files.paths).toEqual([]);
  });

  it('takes over what a dead process has left', async () => {
    const { files, tools } = place();
    const old = await Lock.take('out', tools, machine(7, { 7: 'boot:1' }));
    const lock = await Lock.take('out', tools, machine(8, { 8: 'boot:2' }));
    expect(files.text('out.lock')).toContain('"pid":8');
    // It thinks that the lock is its own still.
    old.release();
    expect(files.paths).toEqual(['out.lock']);
    lock.release();
    expect(files.paths).toEqual([]);
  });

  it('knows a process that has got a dead one’s number by when it began', async () => {
    const { tools } = place();
    await Lock.take('out', tools, machine(7, { 7: 'boot:1' }));
    await Lock.take('out', tools, machine(7, { 7: 'boot:99' }));
    expect(await refusal(Lock.take('out', tools, machine(8, { 7: undefined, 8: 'x' })))).toMatch(/process 7/);
  });

  it('cannot judge a process of another machine', async () => {
    const { tools } = place();
    await Lock.take('out', tools, machine(7, { 7: 'a' }, 'there'));
    expect(await refusal(Lock.take('out', tools, machine(8, { 8: 'b' }, 'here')))).toBe(
      'out is being written by process 7 on there; if that has ended, delete its lock: rm out.lock',
    );
  });

  it('waits for a lock that is just being filled, and takes over one that never was', async () => {
    const { files, clock, tools } = place();
    files.put('out.lock', '');
    const taking = Lock.take('out', tools, machine(8, { 7: 'a', 8: 'b' }));
    await clock.scheduled(1);
    files.put('out.lock', '{"pid":7,"host":"here","start":"a"}');
    clock.advance(100);
    expect(await refusal(taking)).toMatch(/process 7/);

    files.put('out.lock', '');
    const again = Lock.take('out', tools, machine(8, { 8: 'b' }));
    await clock.scheduled(1);
    clock.advance(100);
    await again;
    expect(files.text('out.lock')).toContain('"pid":8');
    for (const torn of ['{"pid":7', 'null', '{"pid":"7","host":"here"}']) {
      files.put('out.lock', torn);
      await Lock.take('out', tools, machine(8, { 8: 'b' }));
    }
  });

  it('does not take a live lock for the dead one that it replaced', async () => {
    const { files, tools } = place();
    const alive = { 8: 'b', 9: 'c' };
    await Lock.take('out', tools, machine(7, { 7: 'a' }));
    let looked = false;
    const slow: Processes = {
      ...machine(9, alive),
      find(pid) {
        // While it judges process 7, process 8 takes over.
        if (pid === 7 && !looked) {
          looked = true;
          void Lock.take('out', tools, machine(8, alive));
        }
        return machine(9, alive).find(pid);
      },
    };
    expect(await refusal(Lock.take('out', tools, slow))).toMatch(/process 8/);
    expect(looked).toBe(true);
    expect(files.text('out.lock')).toContain('"pid":8');
  });

  it('lets one at a time take over, and forgets one that died doing so', async () => {
    const { files, tools } = place();
    await Lock.take('out', tools, machine(7, { 7: 'a' }));
    files.put('out.lock.stale', '{"pid":9,"host":"here","start":"c"}');
    expect(await refusal(Lock.take('out', tools, machine(8, { 8: 'b', 9: 'c' })))).toMatch(/process 9/);
    for (const left of ['{"pid":9,"host":"here","start":"c"}', '']) {
      files.put('out.lock', '{"pid":7,"host":"here","start":"a"}');
      files.put('out.lock.stale', left);
      const lock = await Lock.take('out', tools, machine(8, { 8: 'b' }));
      expect(files.paths).toEqual(['out.lock']);
      lock.release();
    }
  });

  it('says what to do where it cannot be made', async () => {
    const { files, tools } = place();
    files.failAt(1, 'EACCES', { kind: 'open' });
    expect(await refusal(Lock.take('out', tools, machine(8, { 8: 'b' })))).toMatch(
      /^cannot make out\.lock: EACCES.*another folder with -o$/,
    );
  });
});

describe('the processes of this machine', () => {
  it('know this one, and none with a number that the system does not give', () => {
    const self = systemProcesses.find(process.pid);
    expect(self).toBeDefined();
    expect(self).toEqual(systemProcesses.find(process.pid));
    if (process.platform === 'linux') expect(self?.start).toMatch(/^[0-9a-f-]{36}:\d+$/);
    expect(systemProcesses.find(2 ** 30)).toBeUndefined();
  });
});
