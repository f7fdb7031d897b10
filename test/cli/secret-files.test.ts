// Secrets that stand in files, and what is said where they cannot be read.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Exit } from '../../src/cli/exit-codes.ts';
import { withSecretFiles } from '../../src/cli/secret-files.ts';
import { resolveOptions } from '../../src/model/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string): string {
  const path = join(folder, `${++files}`);
  writeFileSync(path, content);
  return `@${path}`;
}

function read(given: { readonly user?: string; readonly bearer?: string }) {
  const { user, bearer } = withSecretFiles(resolveOptions(given));
  return { user, bearer };
}

function message(given: { readonly user?: string; readonly bearer?: string }): string {
  try {
    read(given);
  } catch (error) {
    expect(error).toBeInstanceOf(Exit);
    return (error as Exit).message;
  }
  throw new Error('nothing was thrown');
}

describe('@file', () => {
  it.each([
    ['u:p', 'u:p'],
    ['u:p\n', 'u:p'],
    ['u:p\r\n', 'u:p'],
    ['u:p\n\n', 'u:p'],
    ['u: p \n', 'u: p '],
    ['\ufeffu:p\n', 'u:p'],
    ['@u:p', '@u:p'],
  ])('gives %j of a file as %j', (content, expected) => {
    expect(read({ user: file(content) })).toEqual({ user: expected, bearer: undefined });
    expect(read({ bearer: file(content) })).toEqual({ user: undefined, bearer: expected });
  });

  it('leaves the rest of the settings, and what names no file, as they are', () => {
    const settings = resolveOptions({ user: 'u@b:p', concurrency: 3 });
    expect(withSecretFiles(settings)).toBe(settings);
    const given = resolveOptions({ bearer: file('t'), concurrency: 3 });
    expect(withSecretFiles(given)).toEqual({ ...given, bearer: 't' });
  });

  it('shows neither the path, which may be a password, nor what the file holds', () => {
    expect(message({ user: '@me:secret' })).toBe(
      'cannot read the file of --user (ENOENT); --user @path reads it from a file, and a value that starts with @ itself has to stand in one',
    );
    expect(message({ bearer: `@${folder}` })).toMatch(/^cannot read the file of --oauth2-bearer \(EISDIR\);/);
    expect(message({ user: '@' })).toMatch(/^cannot read the file of --user \(ENOENT\)/);
    expect(message({ user: file('\n') })).toBe('the file of --user is empty');
    expect(message({ user: file('u:p\nsecret') })).toBe('the file of --user holds more than one line');
  });
});
