// A system that takes little at a time. Kept apart: it replaces fs.write for the whole file.

import { openSync, readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { DescriptorTaker } from '../../src/sinks/bytes-taker.ts';
import { temporaryFolder } from './folder.ts';

type Write = typeof import('node:fs').write;

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  const write = (fd: number, bytes: Buffer, from: number, length: number, at: null, done: () => void) =>
    (fs.write as Write)(fd, bytes, from, Math.min(length, 7), at, done);
  return { ...fs, write };
});

const path = temporaryFolder();

it('goes on until everything is written', async () => {
  const name = path('out');
  const taker = new DescriptorTaker(openSync(name, 'w'), true);
  const bytes = Buffer.from('The quick brown fox jumps over the lazy dog.\n'.repeat(10));
  expect(await new Promise((resolve) => taker.take(bytes, resolve))).toBe(undefined);
  expect(readFileSync(name, 'utf8')).toBe(String(bytes));
  expect(await new Promise((resolve) => taker.close(resolve))).toBe(undefined);
  expect(await new Promise((resolve) => taker.take(bytes, resolve))).toMatchObject({ code: 'EBADF' });
});

it('leaves a descriptor open that is not its own', async () => {
  const name = path('out');
  const fd = openSync(name, 'w');
  await new Promise((resolve) => new DescriptorTaker(fd, false).close(resolve));
  await new Promise((resolve) => new DescriptorTaker(fd, true).take(Buffer.from('still'), resolve));
  expect(readFileSync(name, 'utf8')).toBe('still');
});
