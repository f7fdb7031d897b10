// A command line as it is kept and given again: long names, in their order, and without what may be secret.

import { describe, expect, it } from 'vitest';
import { readRunWords } from '../../src/cli/run-flags.ts';
import { commandAgain, keptCommand } from '../../src/cli/typed-command.ts';

const kept = (...words: string[]) => keptCommand(readRunWords(words));

describe('what is kept', () => {
  it('is every option by its long name, with URLs behind two dashes', () => {
    expect(kept('-c', '5', 'http://h/[1-3]', '-L', '-o', 'out.jsonl', '-H', 'X-A: 1')).toEqual([
      '--concurrency=5',
      '--location',
      '--output=out.jsonl',
      '--header=X-A: 1',
      '--',
      'http://h/[1-3]',
    ]);
  });

  it('is nothing of one time', () => {
    expect(kept('-o', 'a', '--resume')).toEqual(['--output=a']);
    expect(kept('-o', 'a', '--restart')).toEqual(['--output=a']);
    expect(keptCommand({ urls: ['http://h/'], flags: {}, order: [], asks: undefined })).toEqual([]);
  });

  it.each([
    ['-u', 'me:hunter2'],
    ['-d', 'pin=hunter2'],
    ['--json', '{"pin":"hunter2"}'],
    ['-b', 'sid=hunter2'],
    ['-F', 'pin=hunter2'],
    ['-H', 'Authorization: Bearer hunter2'],
    ['-H', 'X-Api-Key: hunter2'],
    ['-H', 'x-csrf-token: hunter2'],
    ['-x', 'http://me:hunter2@proxy:1'],
    ['-U', 'me:hunter2'],
    ['http://me:hunter2@h/'],
  ])('is no secret: %s %s', (...words) => {
    const command = kept('-o', 'a', ...words);
    expect(command.join(' ')).not.toContain('hunter2');
    expect(command.join(' ')).toContain('***');
  });

  it('is the name of a file that holds one', () => {
    expect(kept('-d', '@body.json', '-u', '@login')).toEqual(['--data=@body.json', '--user=@login']);
  });
});

describe('what is given again', () => {
  const again = (command: string[], ...given: string[]) => commandAgain(command, given, 'out.jsonl');

  it('is the same, with what is typed now behind it', () => {
    const words = again(kept('-c', '5', 'http://h/', '-o', 'out.jsonl'), '-c', '9');
    expect(words.urls).toEqual(['http://h/']);
    expect(words.flags).toMatchObject({ concurrency: 9, output: ['out.jsonl'] });
  });

  it('may be another version of HTTP than before', () => {
    const command = kept('--http2', '-o', 'out.jsonl');
    expect(command[0]).toBe('--http-version=2');
    expect(again(command, '--http1.1').flags.httpVersion).toBe('1.1');
    expect(again(command).flags.httpVersion).toBe('2');
  });

  it('puts each secret into its place, whatever else is typed', () => {
    const command = kept('-H', 'Authorization: a', '-H', 'X-A: 1', '-H', 'Cookie: c', '-o', 'out.jsonl');
    const words = again(command, '-H', 'X-B: 2', '-H', 'Authorization: a', '-H', 'Cookie: c');
    const headers = words.typed!.filter(([, long]) => long === '--header').map(([, , value]) => value);
    expect(headers).toEqual(['Authorization: a', 'X-A: 1', 'Cookie: c', 'X-B: 2']);
    const data = again(kept('-d', 'a=1', '-d', 'b=2'), '-d', 'a=1', '-d', '@rest');
    expect(data.typed!.map(([, , value]) => value)).toEqual(['a=1', '@rest']);
  });

  it('wants each of them', () => {
    const command = kept('-d', 'a=1', '-d', 'b=2', '-u', 'me:x');
    expect(() => again(command)).toThrow(
      'secrets are not kept; give them again: flurry resume out.jsonl --data … --data … --user …',
    );
    expect(() => again(command, '-d', 'a=1', '-u', 'me:x')).toThrow('flurry resume out.jsonl --data …');
    expect(() => again(kept('-H', 'Authorization: a'), '-H', 'X-B: 2')).toThrow(
      'flurry resume out.jsonl --header …',
    );
  });

  it('cannot be where a URL holds a login, or nothing was kept', () => {
    expect(() => again(kept('http://me:x@h/'))).toThrow('the URL holds a login, which is not kept');
    expect(() => again([])).toThrow('does not know what was typed; run the same command again to go on');
  });
});
