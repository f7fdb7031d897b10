// `flurry tune`: its words, what it prints, draws and keeps, and how it ends. Against a real target, where no number that
// time decides is asserted.

import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.ts';
import { main } from '../../src/cli/main.ts';
import { profilesPath } from '../../src/cli/profiles-path.ts';
import { readTuneWords } from '../../src/cli/tune-flags.ts';
import { type Profile, profileFor, readProfiles, saveProfile } from '../../src/cli/tune-profiles.ts';
import { startTarget, type Target } from '../../src/target/index.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, surroundings } from './in-process.ts';

const folder = temporaryFolder();
const SHORT = ['--sizes', '1,2,4', '--trials', '2', '--requests', '200', '--trial-time', '20ms'];
let target: Target;
let url: string;

beforeAll(async () => {
  target = await startTarget();
  url = `${target.url}/capacity?n=2&ms=1`;
});
afterAll(() => target.close());

describe('its words', () => {
  it('are its own options beside those of a request', () => {
    const { own, flags, urls, order } = readTuneWords(
      ['http://h/', '--sizes=1,3-12,100', '-H', 'A: b', '--trial-time', '500ms', '--json', '{}'].concat([
        '--plot',
        'a.svg',
        '--plot=b.png',
        '--save',
        '-k',
      ]),
    );
    expect(urls).toEqual(['http://h/']);
    expect(own.sizes).toEqual([1, 3, 6, 12, 100]);
    expect(own).toMatchObject({
      trialMs: 500,
      plot: ['a.svg', 'b.png'],
      save: true,
      trials: 3,
      requests: 20_000,
    });
    expect(flags).toEqual({ header: ['A: b'], json: '{}', insecure: true });
    expect(order).toEqual(['header', 'json', 'insecure']);
  });

  it.each([
    [['--sizes', '0'], '--sizes takes sizes and ranges such as 1,2,4-64'],
    [['--sizes', '8-4'], '--sizes takes sizes'],
    [['--sizes', '1,,2'], '--sizes takes sizes'],
    [['--sizes', '20000'], '--sizes takes sizes'],
    [['--sizes', Array.from({ length: 65 }, (_, i) => i + 1).join()], '--sizes takes at most 64'],
    [['--sizes', '8', '--max-concurrency', '4'], '--sizes are all above --max-concurrency 4'],
    [['--trials', '0'], '--trials takes a whole number from 1 to 100, not 0'],
    [['--requests', '100', '--trials', '50'], '100 requests are too few for 50 trials'],
    [['--plot', 'a.gif'], '--plot takes a file that ends in .svg or .png, not "a.gif"'],
    [['-c', '5'], 'unknown option -c; flurry tune --help shows what there is'],
    [['--trails', '5'], 'unknown option --trails; did you mean --trials?'],
    [['--unix-socket', '/nowhere.sock'], 'there is no socket at /nowhere.sock (--unix-socket)'],
    [['--interface', '192.0.2.77'], 'this machine has no address 192.0.2.77 to connect from (--interface)'],
    [['--ciphers', 'NOPE'], '--ciphers takes names as OpenSSL lists them'],
  ])('%j is refused: %s', async (words, message) => {
    const { code, stdout, stderr } = await flurry(['tune', 'http://127.0.0.1:1/', ...words]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('need a URL, of one host', async () => {
    expect(await flurry(['tune'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('flurry tune '),
    });
    const several = await flurry(['tune', 'http://{a,b}.test/']);
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining('tune one at a time') });
  });

  it('are explained', async () => {
    const { stdout } = await flurry(['tune', '--help']);
    for (const word of ['--sizes', '--trial-time', '--plot', '--header', 'Goodput is'])
      expect(stdout).toContain(word);
    expect(stdout).toBe((await flurry(['help', 'tune'])).stdout);
    for (const shell of ['bash', 'zsh', 'fish']) expect(completionScript(shell)).toMatch(/max-concurrency/);
  });
});

describe('what it prints', () => {
  it('is a table, a plot and what follows from them, on standard output', async () => {
    const { code, stdout, stderr } = await flurry(['tune', url, ...SHORT]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^http:.*\/capacity\?n=2&ms=1\ngoodput: responses per second with a status below 500/,
    );
    expect(stdout).toMatch(/^ {2}in flight +goodput +95% interval +of best +p50 +p99 +errors$/m);
    for (const size of [1, 2, 4])
      expect(stdout).toMatch(new RegExp(`^ +${size} +[\\d,.]+/s +.* 0(?: .*)?$`, 'm'));
    expect(stdout).toMatch(/^take \d in flight \(-c \d\): [\d,.]+\/s/m);
    expect(stdout).toMatch(/^knee \d+ in flight, by Little's law/m);
    expect(stdout).toContain('requests in flight');
    expect(stdout).not.toContain('\x1b');
    expect(stderr).toMatch(/^a first look; 0 of at most 200 requests\nround 1 of 2; /);
  });

  it('is one object with --format json', async () => {
    const { code, stdout, stderr } = await flurry(['tune', url, ...SHORT, '--format', 'json', '-q']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toHaveLength(2);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ url, origin: target.url, seed: 1, stopped: false, auto: null });
    expect(found.sizes.map(({ size }: { size: number }) => size)).toEqual([1, 2, 4]);
    for (const size of found.sizes) {
      // What is proven worse is not tried again; on a machine that is busy with other work anything may look so.
      expect([1, 2]).toContain(size.trials);
      expect(size).toMatchObject({ errorShare: 0, errors: {} });
      expect(size.goodput.mean).toBeGreaterThan(0);
      expect(size.latencyMs.p99).toBeGreaterThanOrEqual(size.latencyMs.p50);
    }
    expect([1, 2, 4]).toContain(found.recommended);
    expect(found.requests).toBeLessThanOrEqual(200);
    expect(found.usl).toHaveProperty('kappa');
  });

  it('shows no credentials', async () => {
    const secret = url.replace('http://', 'http://user:hunter2@');
    const { code, stdout, stderr } = await flurry(['tune', secret, ...SHORT]);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('hunter2');
  });

  it('is redrawn in place on a terminal, and leaves nothing there', async () => {
    const { stderr } = await flurry(['tune', url, ...SHORT], { stderrIsTerminal: true });
    expect(stderr).toContain('━');
    expect(stderr).toMatch(/\x1b\[\?25h$/);
  });
});

describe('what it draws', () => {
  it('is a picture for each --plot', async () => {
    const [svg, png] = [folder.at('knee.svg'), folder.at('knee.png')];
    const { code } = await flurry(['tune', url, ...SHORT, '-q', '--plot', svg, '--plot', png]);
    expect(code).toBe(0);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*capacity\?n=2&amp;ms=1/s);
    expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG');
  });

  it('is refused before anything is sent, where it cannot be written', async () => {
    const { code, stderr } = await flurry([
      'tune',
      'http://127.0.0.1:1/',
      '--plot',
      folder.at('no/knee.svg'),
    ]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('cannot write the plot to')]);
  });
});

describe('what it keeps', () => {
  it('is a profile of the host, with --save', async () => {
    const env = { XDG_CONFIG_HOME: folder.at('config') };
    const { code, stderr } = await flurry(['tune', url, ...SHORT, '--save', '-q'], { env });
    expect(code).toBe(0);
    const path = profilesPath(env);
    expect(stderr).toBe(`the profile of ${target.url} is in ${path}\n`);
    const profile = profileFor(readProfiles(path), target.url)!;
    expect([1, 2, 4]).toContain(profile.concurrency);
    expect(profile.date).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(profile.usl).toHaveProperty('sigma');
    expect(readdirSync(folder.at('config/flurry'))).toEqual(['profiles.json']);
  });

  it('stands beside what was kept of others, and replaces what was kept of the same', () => {
    const path = folder.at('profiles/profiles.json');
    expect(readProfiles(path).size).toBe(0);
    const profile = (concurrency: number, date: string): Profile => ({
      ...{ concurrency, goodput: 100, knee: 5.5, usl: undefined, date },
    });
    saveProfile(path, 'http://a', profile(1, '2026-01-01'));
    saveProfile(path, 'https://b:8443', profile(2, '2026-01-02'));
    saveProfile(path, 'http://a', profile(3, '2026-01-03'));
    const profiles = readProfiles(path);
    expect([...profiles.keys()]).toEqual(['https://b:8443', 'http://a']);
    expect(profileFor(profiles, 'http://a')).toEqual(profile(3, '2026-01-03'));
    expect(profileFor(profiles, 'http://c')).toBeUndefined();
  });

  it('forgets the oldest of very many', () => {
    const profiles = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [
        `http://h${i}`,
        { concurrency: 1, goodput: 1, date: `${2000 + i}` },
      ]),
    );
    const path = folder.write('many.json', JSON.stringify({ version: 1, profiles }));
    saveProfile(path, 'http://new', {
      concurrency: 9,
      goodput: 1,
      knee: undefined,
      usl: undefined,
      date: '9999',
    });
    const read = readProfiles(path);
    expect(read.size).toBe(1000);
    expect(read.has('http://h0')).toBe(false);
    expect(read.get('http://new')!.concurrency).toBe(9);
  });

  it.each([
    'nonsense',
    '[]',
    '{"version":2,"profiles":{}}',
    '{"version":1,"profiles":{"http://a":{"concurrency":0,"goodput":1,"date":""}}}',
    '{"version":1,"profiles":{"http://a":{"concurrency":2,"goodput":"1","date":""}}}',
  ])('leaves %s alone, and says so before anything is sent', async (text) => {
    const path = folder.write('foreign/flurry/profiles.json', text);
    const env = { XDG_CONFIG_HOME: folder.at('foreign') };
    const { code, stderr } = await flurry(['tune', 'http://127.0.0.1:1/', '--save'], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('holds no profiles of flurry tune')]);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('how it ends', () => {
  it('is early where nothing listens, with the reason', async () => {
    const { code, stdout, stderr } = await flurry(['tune', 'http://127.0.0.1:1/', '-q']);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(
      /^flurry: nothing was measured: not one of \d+ requests succeeded \(\d+ × connect\/refused\): /,
    );
  });

  it('is early where the target only fails', async () => {
    const { code, stderr } = await flurry(['tune', `${target.url}/status/500`, '-q']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('× status 500')]);
  });

  it('is with what there is, at Ctrl-C', async () => {
    const caught = surroundings();
    const ended = main(
      ['tune', url, '--sizes', '1,2', '--requests', '1000000', '--trial-time', '1m'],
      caught.around,
    );
    await caught.said('a first look');
    expect(caught.signal('SIGINT')).toBe(true);
    expect(await ended).toBe(130);
    expect(caught.stderr()).toContain('stopping; once more to stop at once');
    expect(caught.stderr()).toContain('interrupted before anything was measured');
  });
});
