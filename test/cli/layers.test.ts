// Flags over variables over the project's config over the user's over defaults; and no secret in what is printed.

import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { flurry } from './in-process.ts';

const folder = temporaryFolder();

/** Each layer as it would be found. */
interface Layers {
  readonly user?: string;
  readonly project?: string;
  readonly env?: Record<string, string>;
  readonly flags?: string[];
}

let used = 0;

function printConfig({ user, project, env, flags }: Layers) {
  const name = `layers-${used++}`;
  if (user !== undefined) folder.write(`${name}/xdg/flurry/config.json`, user);
  if (project !== undefined) folder.write(`${name}/here/flurry.config.json`, project);
  return flurry([...(flags ?? []), '--print-config'], {
    env: { XDG_CONFIG_HOME: folder.at(`${name}/xdg`), ...env },
    folder: folder.at(`${name}/here`),
  });
}

/** The value and the source that --print-config shows for one option. */
async function found(layers: Layers, option: string): Promise<string[]> {
  const { code, stdout, stderr } = await printConfig(layers);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const line = stdout.split('\n').find((one) => one.startsWith(`${option} `))!;
  return line.split(/ {2,}/).slice(-2);
}

describe('precedence', () => {
  const all: Layers = {
    user: '{"concurrency": 2}',
    project: '{"concurrency": 3}',
    env: { FLURRY_CONCURRENCY: '4' },
    flags: ['-c', '5'],
  };

  it('goes from flags down to defaults', async () => {
    const { flags: _, ...noFlags } = all;
    const { env: __, ...noEnv } = noFlags;
    expect(await found(all, 'concurrency')).toEqual(['5', '--concurrency']);
    expect(await found(noFlags, 'concurrency')).toEqual(['4', 'FLURRY_CONCURRENCY']);
    expect(await found(noEnv, 'concurrency')).toEqual(['3', 'flurry.config.json']);
    const [value, source] = await found({ user: all.user! }, 'concurrency');
    expect([value, source]).toEqual(['2', expect.stringMatching(/xdg\/flurry\/config\.json$/)]);
    expect(await found({}, 'concurrency')).toEqual(['"auto"', 'default']);
  });

  it('knows an option that has several flags by the one that takes a value', async () => {
    expect(await found({ flags: ['--http2'] }, 'httpVersion')).toEqual(['"2"', '--http-version']);
    const env = { FLURRY_HTTP_VERSION: '1.1' };
    expect(await found({ env }, 'httpVersion')).toEqual(['"1.1"', 'FLURRY_HTTP_VERSION']);
    expect(await found({ project: '{"httpVersion": 2}' }, 'httpVersion')).toEqual([
      '"2"',
      'flurry.config.json',
    ]);
  });

  it('takes --config in place of the project’s file, and from its variable too', async () => {
    const file = folder.write('other.json', '{"concurrency": 7}');
    const project = '{"concurrency": 3, "perHost": 1}';
    expect(await found({ project, flags: ['--config', file] }, 'concurrency')).toEqual(['7', file]);
    expect(await found({ project, flags: ['--config', file] }, 'perHost')).toEqual(['none', 'default']);
    expect(await found({ project, env: { FLURRY_CONFIG: file } }, 'concurrency')).toEqual(['7', file]);
  });

  it('reads a file with a byte order mark', async () => {
    expect(await found({ user: '\ufeff{"concurrency": 2}' }, 'concurrency')).toEqual([
      '2',
      expect.any(String),
    ]);
  });

  it('names variables as flags are named, and switches off what a lower layer has switched on', async () => {
    expect(await found({ env: { FLURRY_MAX_TIME: '2m' } }, 'timeoutMs')).toEqual(['2m', 'FLURRY_MAX_TIME']);
    const user = '{"quiet": true}';
    expect(await found({ user, flags: ['--quiet=false'] }, 'quiet')).toEqual(['false', '--quiet']);
    expect(await found({ user, env: { FLURRY_QUIET: '0' } }, 'quiet')).toEqual(['false', 'FLURRY_QUIET']);
  });

  it('replaces a body of whatever form by that of the layer above', async () => {
    const layers = { project: '{"json": "{}"}', flags: ['-d', 'x'] };
    expect(await found(layers, 'json')).toEqual(['none', 'default']);
    expect(await found(layers, 'data')).toEqual(['["(hidden)"]', '--data']);
  });
});

describe('--print-config', () => {
  it('shows every option with its flag, a value as it would be written, and its source', async () => {
    const { stdout } = await printConfig({ flags: ['--max-filesize', '1M', '--fail-if', 'p95>1s'] });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^option +flag +value +from$/);
    expect(lines.find((line) => line.startsWith('bodyBytesMax'))).toMatch(
      /^bodyBytesMax +--max-filesize +1M +--max-filesize$/,
    );
    expect(lines.find((line) => line.startsWith('failIf'))).toMatch(
      /^failIf +--fail-if +\["p95>1s"\] +--fail-if$/,
    );
    expect(lines.find((line) => line.startsWith('timeoutMs'))).toMatch(
      /^timeoutMs +--max-time +5m +default$/,
    );
  });

  it('shows no secret', async () => {
    const project = JSON.stringify({
      headers: { Authorization: 'Bearer s3cret' },
      body: 's3cret',
      input: 'http://user:s3cret@h/list',
      vars: { x: 'http://user:s3cret@h/' },
    });
    const env = { FLURRY_HEADER: 's3cret' };
    const shown = [
      await printConfig({ project, env }),
      await printConfig({ flags: ['-H', 'Cookie: s3cret', '-d', 'password=s3cret'] }),
      await printConfig({ flags: ['--json', '{"password":"s3cret"}'] }),
    ];
    for (const { code, stdout } of shown) {
      expect(code).toBe(0);
      expect(stdout).not.toContain('s3cret');
    }
    expect(shown[0]!.stdout).toContain('{"Authorization":"(hidden)"}');
    expect(shown[1]!.stdout).toContain('["Cookie: (hidden)"]');
  });
});

describe('mistakes', () => {
  const NAME = 'flurry.config.json';

  it.each([
    ['{"concurency": 5}', 'PATH: unknown option concurency; did you mean concurrency?'],
    ['{"max-time": "10s"}', 'PATH: unknown option max-time; did you mean timeoutMs?'],
    ['{"max_time": "10s"}', 'PATH: unknown option max_time; did you mean timeoutMs?'],
    ['{"xyzzy": 1}', 'PATH: unknown option xyzzy; flurry --print-config shows all names'],
    ['{"config": "x"}', 'PATH: config cannot be set in a config file; give --config'],
    ['{"concurrency": 0}', 'PATH: concurrency takes auto or a whole number from 1 to 65,535, not 0'],
    ['{"headers": "Authorization: s3cret"}', 'PATH: headers takes an object or a list of pairs'],
    ['{"header": 5}', 'PATH: header takes text, or a list of texts'],
    ['[]', 'the config file PATH must hold one JSON object of options, such as {"concurrency": 60}'],
    [
      '{"a": s3cret}',
      'the config file PATH is not valid JSON at line 1, column 7; names and texts stand in double quotes',
    ],
    [
      "{\n  'header': 's3cret'}",
      'the config file PATH is not valid JSON at line 2, column 3; names and texts stand in double quotes',
    ],
    [
      '{"header": "s3cret",\n}',
      'the config file PATH is not valid JSON at line 2, column 1; no comma may stand behind the last one',
    ],
    ['// s3cret\n{}', 'the config file PATH is not valid JSON at line 1, column 1; JSON has no comments'],
    ['{"header": "s3cret" "x": 1}', 'the config file PATH is not valid JSON at line 1, column 21'],
    ['', 'the config file PATH is not valid JSON at line 1, column 1; it is empty: write {} or remove it'],
  ])('%s', async (project, message) => {
    const { code, stdout, stderr } = await printConfig({ project });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replace(/\S*\/here\/flurry\.config\.json/, 'PATH').replace(NAME, 'PATH')).toBe(
      `flurry: ${message}\n`,
    );
  });

  it.each([
    [{ FLURRY_CONCURENCY: '5' }, 'unknown variable FLURRY_CONCURENCY; did you mean FLURRY_CONCURRENCY?'],
    [
      { FLURRY_CONCURRENCY: 'many' },
      'FLURRY_CONCURRENCY takes auto or a whole number from 1 to 65,535, not "many"',
    ],
    [{ FLURRY_QUIET: 'yes' }, 'FLURRY_QUIET takes true or false, not "yes"'],
  ])('%j', async (env, message) => {
    expect(await printConfig({ env })).toEqual({ code: 2, stdout: '', stderr: `flurry: ${message}\n` });
  });

  it('leaves variables alone that are not like any of its own', async () => {
    expect((await printConfig({ env: { FLURRY_HOME: '/x' } })).code).toBe(0);
  });

  it('hides userinfo in whatever an error repeats', async () => {
    const { stderr } = await flurry(['-i', 'http://user:s3cret@h/list']);
    expect(stderr).toBe(
      'flurry: there is no file http://***@h/list; check its path, or give - to read standard input\n',
    );
  });
});
