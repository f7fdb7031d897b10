// Words to options: every way in which they may be written.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWords } from '../../src/cli/arguments.ts';
import { redacted } from '../../src/cli/redacted.ts';
import { readRunWords } from '../../src/cli/run-flags.ts';
import { absolute } from '../../src/cli/sources.ts';
import { readTuneWords } from '../../src/cli/tune-flags.ts';

describe('words', () => {
  it('takes values behind, joined, and after an equals sign', () => {
    for (const argv of [
      ['-c', '7'],
      ['-c7'],
      ['--concurrency', '7'],
      ['--concurrency=7'],
      ['-qc7'],
      ['-qc', '7'],
    ]) {
      expect(readRunWords(argv).flags.concurrency, argv.join(' ')).toBe(7);
    }
  });

  it('lets options and URLs stand in any order, and takes what follows -- as it is', () => {
    const { urls, flags } = readRunWords(['http://a/', '-q', 'http://b/', '--', '-v', '--', '--help']);
    expect(urls).toEqual(['http://a/', 'http://b/', '-v', '--', '--help']);
    expect(flags).toEqual({ quiet: true });
  });

  it('collects what is repeatable; of anything else the last counts, as in curl', () => {
    const { flags } = readRunWords([
      '-H',
      'A: 1',
      '-c',
      '5',
      '-H',
      '-x: 2',
      '-c',
      '6',
      '--quiet',
      '--quiet=false',
    ]);
    expect(flags).toEqual({ header: ['A: 1', '-x: 2'], concurrency: 6, quiet: false });
  });

  it('takes a flag that stands for a value as the option with that value', () => {
    for (const argv of [['--http2'], ['--http2-prior-knowledge'], ['--http-version=2']]) {
      expect(readRunWords(argv)).toMatchObject({ flags: { httpVersion: '2' }, order: ['httpVersion'] });
      expect(readRunWords(argv).typed).toEqual([['httpVersion', '--http-version', '2']]);
    }
    expect(readRunWords(['--http1.1']).flags).toEqual({ httpVersion: '1.1' });
    expect(readTuneWords(['--http1.1', 'http://h/']).flags).toEqual({ httpVersion: '1.1' });
    expect(readRunWords(['--http2', '--http2-prior-knowledge', '--http2']).flags.httpVersion).toBe('2');
    expect(readRunWords(['--http-version', '2', '--http-version', '1.1']).flags.httpVersion).toBe('1.1');
  });

  it.each([
    [['--http1.1', '--http2'], '--http1.1 and --http2 contradict each other; give one of them'],
    [['--http2', '--http1.1'], '--http2 and --http1.1 contradict each other; give one of them'],
    [
      ['--http-version=auto', '--http2'],
      '--http-version auto and --http2 contradict each other; give one of them',
    ],
    [['--http2=false'], '--http2 takes no value; --http-version does'],
    [['--http-version', '3'], '--http-version takes one of auto, 1.1, 2, not "3"'],
    [['-http2'], 'unknown option -http2; did you mean --http2?'],
    [['--http3'], 'unknown option --http3; did you mean --http2?'],
  ])('refuses %j', (argv, message) => {
    for (const read of [readRunWords, readTuneWords]) expect(() => read(argv)).toThrow(message);
  });

  it('takes an empty value and a dash for values', () => {
    expect(readRunWords(['-A', '', '-o', '-', '-i-']).flags).toEqual({
      userAgent: '',
      output: ['-'],
      input: '-',
    });
  });

  it('never loses or reorders a word that is no option', () => {
    const word = fc.string({ minLength: 1 }).filter((text) => !text.startsWith('-'));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(readWords(words, [], 'run').plain).toEqual(words);
        expect(readWords(['--', ...words], [], 'run').plain).toEqual(words);
      }),
    );
  });
});

describe('a URL without a scheme', () => {
  it.each([
    ['localhost:8080/x', 'http://localhost:8080/x'],
    ['h/?to=http://other/', 'http://h/?to=http://other/'],
    ['h#://', 'http://h#://'],
    ['https://h/', 'https://h/'],
    ['{http,https}://h/', '{http,https}://h/'],
    ['ftp://h/', 'ftp://h/'],
    ['[::1]:80/', 'http://[::1]:80/'],
  ])('%s', (url, expected) => {
    expect(absolute(url)).toBe(expected);
  });
});

describe('redacted', () => {
  it('leaves text without credentials alone', () => {
    for (const text of ['', 'a@b', 'http://h/a@b', 'http://h?x=@', 'http://***@h/', 'no such file /a//b']) {
      expect(redacted(text)).toBe(text);
    }
  });

  it('lets no userinfo through, wherever it stands', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9:@!$%.~-]{1,20}$/);
    fc.assert(
      fc.property(secret, fc.string(), (userinfo, around) => {
        const text = redacted(`${around} http://${userinfo}s3cret@host/path ${around}`);
        expect(text).not.toContain('s3cret');
        expect(text).toContain('//***@host/path');
      }),
    );
  });
});
