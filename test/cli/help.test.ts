// What people read first: help, version, completion.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.ts';
import { helpText } from '../../src/cli/help.ts';
import { OPTION_NAMES, OPTIONS } from '../../src/model/options.ts';
import { temporaryFolder } from './folder.ts';
import { flurry } from './in-process.ts';

const folder = temporaryFolder();
const FLAGS = OPTION_NAMES.flatMap((name) => OPTIONS[name].flag ?? []);
const FORMS = OPTION_NAMES.flatMap((name) => Object.keys(OPTIONS[name].forms));
const longest = (text: string) => Math.max(...text.split('\n').map((line) => [...line].length));

describe('flurry --help', () => {
  it('starts with examples, fits a hundred columns and two screens', () => {
    const text = helpText(undefined, undefined);
    expect(text).toMatch(/^Examples:\n {2}flurry 'http/);
    expect(longest(text)).toBeLessThanOrEqual(100);
    expect(text.split('\n').length).toBeLessThan(70);
  });

  it('is what --help, -h and help print, with exit code 0, whatever stands beside it', async () => {
    const stdout = helpText(undefined, 80);
    for (const argv of [['--help'], ['-h'], ['help'], ['http://h/', '-c', '5', '--help', '--bogus']]) {
      expect(await flurry(argv)).toEqual({ code: 0, stdout, stderr: '' });
    }
  });

  it('tells the commands and the exit codes', () => {
    const text = helpText(undefined, 100).replace(/\s+/g, ' ');
    for (const part of [
      'flurry serve',
      'flurry completion <shell>',
      'flurry run --help',
      '130 or 143 interrupted',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('names with exit code 7 every option that leads to it', () => {
    const text = helpText(undefined, 100).replace(/\s+/g, ' ');
    const [, causes] = /7 stopped by (.*?), 99/.exec(text)!;
    const leading = OPTION_NAMES.filter((name) => OPTIONS[name].doc.includes('exit code is 7'));
    expect(causes!.match(/--[a-z-]+/g)).toEqual(leading.map((name) => OPTIONS[name].flag!.split(' ')[0]));
    expect(leading.length).toBeGreaterThan(2);
  });
});

describe('flurry run --help', () => {
  it('has every option of the table, under its group', () => {
    const text = helpText('run', 100);
    expect(text).toMatch(/^Examples:\n/);
    expect(longest(text)).toBeLessThanOrEqual(100);
    for (const flag of FLAGS) expect(text).toContain(flag);
    for (const name of OPTION_NAMES.filter((one) => OPTIONS[one].flag !== undefined)) {
      expect(text).toContain(`\n${OPTIONS[name].group}:\n`);
    }
  });

  it('aligns long names, and what they do', () => {
    const lines = helpText('run', 100).split('\n');
    const options = lines.filter((line) => /^ {2}(?:-\w, | {4})--/.test(line));
    expect(options.length).toBeGreaterThanOrEqual(FLAGS.length);
    for (const line of options) expect(line.indexOf('--')).toBe(6);
    const quiet = lines.find((line) => line.includes('--quiet'))!;
    const insecure = lines.find((line) => line.includes('--insecure '))!;
    expect(quiet.indexOf('no progress')).toBe(insecure.indexOf('accept any'));
  });

  it('shows defaults as they would be typed', () => {
    const text = helpText('run', 100).replace(/\s+/g, ' ');
    expect(text).toContain('up to --per-host or 256 (default: auto)');
    expect(text).toContain('(one of auto, lines, jsonl, csv, har; default: auto)');
    expect(text).toContain('for the TCP handshake (default: 10s)');
    expect(text).toContain('it is held in memory, unless --body is none or files (default: 64M)');
  });

  it('has the flags that stand for a value, each with it', () => {
    const text = helpText('run', 100);
    expect(text).toMatch(/^ {6}--http-version <version> {2,}auto is what/m);
    expect(text).toMatch(/^ {6}--http1\.1 {2,}the same as --http-version 1\.1$/m);
    for (const form of FORMS) expect(text).toContain(`\n      ${form} `);
  });

  it('wraps to a narrower terminal', () => {
    const options = helpText('run', 70).split('Requests:\n')[1]!;
    expect(longest(options)).toBeLessThanOrEqual(70);
  });

  it('is found from both sides', async () => {
    expect((await flurry(['help', 'run'])).stdout).toBe(helpText('run', 80));
    expect((await flurry(['run', '--help'])).stdout).toBe(helpText('run', 80));
  });
});

describe('help of the other commands', () => {
  it.each(['serve', 'completion'] as const)('%s', async (command) => {
    const stdout = helpText(command, 80);
    expect(stdout).toContain(`flurry ${command}`);
    expect(await flurry([command, '--help'])).toEqual({ code: 0, stdout, stderr: '' });
    expect((await flurry(['help', command])).stdout).toBe(stdout);
  });
});

it('tells its version', async () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  for (const flag of ['--version', '-V']) {
    expect(await flurry([flag])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  }
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('%s knows every option, its choices and the commands', async (shell) => {
    const { code, stdout, stderr } = await flurry(['completion', shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(completionScript(shell));
    for (const flag of FLAGS) {
      const long = /--([a-z0-9-]+)/.exec(flag)![1]!;
      expect(stdout).toMatch(shell === 'fish' ? new RegExp(` -l ${long}\\b`) : new RegExp(`--${long}\\b`));
    }
    for (const form of FORMS) {
      expect(stdout).toContain(shell === 'fish' ? ` -l ${form.slice(2)} -d` : form);
    }
    for (const word of ['serve', 'completion', 'auto 1.1 2', 'auto text json base64 none files'])
      expect(stdout).toContain(word);
  });

  /** The shell itself says whether the script is one; not every machine has all three. */
  it.each(['bash', 'zsh', 'fish'])('%s can read its script', (shell) => {
    const { error, status, stderr } = spawnSync(shell, ['-n', folder.write(shell, completionScript(shell))], {
      encoding: 'utf8',
    });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('completes in bash', () => {
    const complete = (words: string[]) => {
      const script = `${completionScript('bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _flurry; echo "\${COMPREPLY[@]}"`;
      const { stdout } = spawnSync('bash', ['--norc'], { input: script, encoding: 'utf8', cwd: '/dev' });
      return stdout.trim().split(' ');
    };
    expect(complete(['flurry', '--conc'])).toEqual(['--concurrency']);
    expect(complete(['flurry', 'ser'])).toEqual(['serve']);
    expect(complete(['flurry', '--body', 'b'])).toEqual(['base64']);
    expect(complete(['flurry', '--http1'])).toEqual(['--http1.1']);
    expect(complete(['flurry', 'serve', '--'])).toEqual([
      '--port',
      '--host',
      '--seed',
      '--max-connections',
      '--help',
    ]);
    expect(complete(['flurry', 'completion', ''])).toEqual(['bash', 'zsh', 'fish']);
    expect(complete(['flurry', 'http://h/', '-o', 'nul'])).toEqual(['null']);
  });
});
