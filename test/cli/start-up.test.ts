// What a plain run loads before its first request: each module costs half a millisecond there.

import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

/** Every module that one imports for its values, and so on; not those that are loaded when they are needed. */
function loadedWith(entry: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(entry)) return loaded;
  loaded.add(entry);
  const text = readFileSync(join(SRC, entry), 'utf8');
  for (const [, names, specifier] of text.matchAll(/^(?:import|export) ([^;]*?) from '(\.[^']*)';/gms)) {
    if (!names!.startsWith('type ')) loadedWith(relative(SRC, join(SRC, dirname(entry), specifier!)), loaded);
  }
  return loaded;
}

it('loads nothing that only a terminal, an error, a file or another command needs', () => {
  const loaded = [...loadedWith('cli/bin.ts'), ...loadedWith('cli/run-command.ts')];
  expect(loaded).toContain('engine/run.ts');
  expect(loaded.filter((file) => /^(?:view|target)\//.test(file))).toEqual([]);
  const late = [
    'help',
    'plan',
    'completion',
    'report',
    'config-file',
    'config-text',
    'request-options',
    'run-display',
  ];
  for (const name of [...late, 'serve-command', 'certificates'])
    expect(loaded).not.toContain(`cli/${name}.ts`);
});

it('takes words without loading a run', () => {
  expect([...loadedWith('cli/bin.ts')].filter((file) => !/^(?:cli|model)\//.test(file))).toEqual([]);
});
