// The house (ARCHITECTURE.md): a file imports from its own room or from a lower floor, never up, never sideways.
// Read with the TypeScript parser, so that type imports, re-exports and import() count too.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

const FLOORS: Readonly<Record<string, number>> = {
  model: 0,
  metrics: 1,
  storage: 1,
  bodies: 2,
  inspection: 2,
  sources: 2,
  scheduler: 2,
  transport: 2,
  session: 2,
  sinks: 2,
  view: 2,
  target: 2,
  journal: 2,
  engine: 3,
  cli: 5,
};

const MODEL_IMPORTS_NO_NODE = /^node:/;
const FILE_LINES_MAX = 500;
/** The table of options is one idea, however many rows it has. */
const TABLES = new Set(['model/option-table.ts']);
const NO_NOUNS = /^(?:utils?|helpers?|common|misc|shared)\b/;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** Every module that a file names: import, export from, import(), import type of a type position. */
function importsOf(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
            ? node.argument.literal
            : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
  return found;
}

/** What is wrong with one file's imports, in words. */
function violations(path: string, text: string): string[] {
  const file = relative(SRC, path);
  const room = file.split('/')[0]!;
  // src/index.ts stands in front of the house and may name any room.
  if (file === 'index.ts') return [];
  const floor = FLOORS[room];
  if (floor === undefined) return [`${file}: ${room} is no room of the house`];
  return importsOf(path, text).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      return room === 'model' && MODEL_IMPORTS_NO_NODE.test(specifier)
        ? [`${file}: the model imports ${specifier}`]
        : [];
    }
    const target = relative(SRC, resolve(dirname(path), specifier));
    const targetRoom = target.split('/')[0]!;
    if (targetRoom === room) return [];
    const targetFloor = FLOORS[targetRoom];
    if (targetFloor === undefined || targetFloor >= floor)
      return [`${file}: imports ${target}, which is not below`];
    return [];
  });
}

describe('the house', () => {
  const files = filesBelow(SRC);

  it('has files', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it('imports from its own room or from a lower floor only', () => {
    expect(files.flatMap((path) => violations(path, readFileSync(path, 'utf8')))).toEqual([]);
  });

  it('sees an import that goes up, sideways, or through import()', () => {
    const at = (path: string, text: string) => violations(join(SRC, path), text);
    expect(at('sources/a.ts', "import { x } from '../engine/run.ts';")).toHaveLength(1);
    expect(at('sources/a.ts', "export * from '../sinks/csv.ts';")).toHaveLength(1);
    expect(at('model/a.ts', "const fs = await import('node:fs');")).toHaveLength(1);
    expect(at('view/a.ts', "type X = import('../cli/main.ts').X;")).toHaveLength(1);
    expect(at('attic/a.ts', '')).toHaveLength(1);
    expect(at('sources/a.ts', "import { x } from '../model/fifo.ts'; import './b.ts';")).toEqual([]);
  });

  it('has no file that holds several ideas, and none without a noun for a name', () => {
    const long = files.filter(
      (path) =>
        readFileSync(path, 'utf8').split('\n').length > FILE_LINES_MAX && !TABLES.has(relative(SRC, path)),
    );
    expect(long.map((path) => relative(SRC, path))).toEqual([]);
    const vague = files.filter((path) => path.split('/').some((part) => NO_NOUNS.test(part)));
    expect(vague.map((path) => relative(SRC, path))).toEqual([]);
  });

  it('takes time and chance from the clock and the seeded generator alone', () => {
    const stray = files.filter((path) => {
      if (relative(SRC, path) === 'model/clock.ts') return false;
      const code = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return /\b(?:Date\.now|performance\.now|Math\.random|setTimeout|setInterval|setImmediate)\b/.test(code);
    });
    expect(stray.map((path) => relative(SRC, path))).toEqual([]);
  });

  it('says in the first line of each file what it is', () => {
    const silent = files.filter((path) => !/^(?:#!.*\n)?\/\/ /.test(readFileSync(path, 'utf8')));
    expect(silent.map((path) => relative(SRC, path))).toEqual([]);
  });
});
