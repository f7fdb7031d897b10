// Ctrl-C: the first lets requests in flight finish, the second does not, and both leave a record for each.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type End, endingOf } from '../../src/cli/ending.ts';
import { main } from '../../src/cli/main.ts';
import { temporaryFolder } from './folder.ts';
import { type HeldServer, heldServer } from './held-server.ts';
import { type Caught, surroundings } from './in-process.ts';

const folder = temporaryFolder();
const out = folder.at('out.jsonl');
let server: HeldServer;
let caught: Caught;

beforeEach(async () => {
  server = await heldServer();
  caught = surroundings();
});

afterEach(() => server.close());

/** A run of a hundred with three in flight; resolves when all three wait for their answers. */
async function running(...argv: string[]): Promise<Promise<number>[]> {
  const code = main([`${server.url}/[1-100]`, '-c', '3', '-o', out, '--restart', ...argv], caught.around);
  await server.waiting(3);
  // In a list, so that awaiting this function does not await the run.
  return [code];
}

describe('the first signal', () => {
  it('stops the sending, lets what is in flight finish, and says how far it came', async () => {
    const [code] = await running('-q');
    expect(caught.signal('SIGINT')).toBe(true);
    server.release();
    expect(await code).toBe(130);
    expect(caught.stderr()).toBe(
      'stopping: 3 in flight may finish within 5s; once more to stop at once\n' +
        'flurry: interrupted after 3 of 100 requests\n',
    );
    expect(folder.records('out.jsonl').map((record) => record['status'])).toEqual([200, 200, 200]);
    expect(caught.signal('SIGINT')).toBe(false);
  });

  it('ends with 143 where it was SIGTERM', async () => {
    const [code] = await running('-q');
    caught.signal('SIGTERM');
    server.release();
    expect(await code).toBe(143);
  });

  it('waits no longer than --grace', async () => {
    const [code] = await running('-q', '--grace', '0');
    caught.signal('SIGINT');
    expect(await code).toBe(130);
    expect(caught.stderr()).toContain('3 in flight may finish within 0s;');
    expect(folder.records('out.jsonl')).toEqual([]);
  });

  it('writes the summary file and the summary', async () => {
    const [code] = await running('--summary', folder.at('summary.json'));
    caught.signal('SIGINT');
    server.release();
    await code;
    expect(JSON.parse(folder.read('summary.json'))).toMatchObject({ requests: 3, responses: 3 });
    expect(caught.stderr()).toMatch(/\n3 of 100 requests, 3 responses in /);
    expect(caught.stderr()).not.toContain('first failure');
  });
});

describe('the second signal', () => {
  it.each([
    ['process', 'is sent when the run goes on', '', 0],
    ['none', 'is recorded as aborted', '; each of them has its record', 3],
  ])(
    'gives up what is in flight, with --durability %s; a third is the system’s',
    async (level, left, told, records) => {
      const [code] = await running('--durability', level);
      caught.signal('SIGINT');
      caught.signal('SIGINT');
      expect(caught.signal('SIGINT')).toBe(false);
      expect(await code).toBe(130);
      const lines = caught.stderr().split('\n');
      expect(lines.slice(0, 2)).toEqual([
        'stopping: 3 in flight may finish within 5s; once more to stop at once',
        `stopping at once: what is in flight ${left}`,
      ]);
      expect(lines[2]).toMatch(/^3 of 100 requests, 0 responses, 3 failures in /);
      const again = `to go on, run the same command again, or: flurry resume ${out}`;
      expect(lines.slice(lines.indexOf(`records in ${out}`))).toEqual([
        `records in ${out}`,
        `flurry: interrupted after 3 of 100 requests${told}`,
        ...(records === 0 ? [again] : []),
        '',
      ]);
      expect(caught.stderr()).not.toContain('first failure');
      expect(folder.records('out.jsonl')).toMatchObject(Array(records).fill({ error: { kind: 'aborted' } }));
    },
  );
});

describe('endingOf', () => {
  const clean: End = {
    signal: undefined,
    stoppedBy: undefined,
    requests: 1234,
    expected: 4000,
    held: [],
    durationMs: 1500,
    resumable: false,
    notOk: undefined,
  };

  it('is done where nothing says otherwise', () => {
    expect(endingOf(clean)).toEqual({ code: 0, lines: [] });
    expect(endingOf({ ...clean, notOk: 0 })).toEqual({ code: 0, lines: [] });
  });

  it('takes no signal for an interruption that came when all was done', () => {
    expect(endingOf({ ...clean, signal: 'SIGINT' })).toEqual({ code: 0, lines: [] });
  });

  it('gives the gravest reason', () => {
    const all: End = {
      ...clean,
      signal: 'SIGTERM',
      stoppedBy: 'caller',
      held: ['a holds: b', 'c holds: d'],
      notOk: 5,
    };
    expect(endingOf(all)).toEqual({
      code: 143,
      lines: ['interrupted after 1,234 of 4,000 requests; each of them has its record'],
    });
    const limited: End = { ...all, signal: undefined, stoppedBy: 'duration' };
    expect(endingOf(limited)).toEqual({ code: 99, lines: ['--fail-if a holds: b', '--fail-if c holds: d'] });
    expect(endingOf({ ...limited, held: [] })).toEqual({
      code: 7,
      lines: ['stopped by --duration 1500ms after 1,234 of 4,000 requests'],
    });
    expect(endingOf({ ...limited, held: [], stoppedBy: undefined })).toEqual({
      code: 4,
      lines: ['--check-status: 5 of 1,234 requests failed or were answered with 400 or more'],
    });
  });

  it('speaks of a total only where it is known', () => {
    const end: End = { ...clean, expected: undefined, signal: 'SIGINT', stoppedBy: 'caller' };
    expect(endingOf(end).lines).toEqual(['interrupted after 1,234 requests; each of them has its record']);
  });
});
