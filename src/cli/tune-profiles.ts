// What `flurry tune --save` keeps for each host: ~/.config/flurry/profiles.json. A file that is not ours, or broken, is
// never overwritten.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { UslParameters } from '../metrics/usl.ts';
import { EXIT, Exit } from './exit-codes.ts';

export interface Profile {
  /** The size to take. */
  readonly concurrency: number;
  readonly goodput: number;
  /** By Little's law. */
  readonly knee: number | undefined;
  readonly usl: UslParameters | undefined;
  /** ISO 8601. */
  readonly date: string;
}

export type Profiles = ReadonlyMap<string, Profile>;

const VERSION = 1;
/** The oldest go: nobody has so many hosts, and a file must not grow for ever. */
const PROFILES_MAX = 1_000;
const BYTES_MAX = 4 * 1024 * 1024;

/** By origin (`https://host`, `http://host:8080`). Empty where there is no file; throws Exit for one that is not ours. */
export function readProfiles(path: string): Profiles {
  const text = textOf(path);
  if (text === undefined) return new Map();
  const entries = entriesOf(text);
  if (entries === undefined) {
    throw new Exit(EXIT.usage, `${path} holds no profiles of flurry tune; move it away, or mend it`);
  }
  return new Map(entries);
}

/** `origin`: its key, such as `https://host:8443`. */
export function profileFor(profiles: Profiles, origin: string): Profile | undefined {
  return profiles.get(origin);
}

/** Replaces the file in one step: whoever reads it at that moment sees the old one or the new one. Throws Exit. */
export function saveProfile(path: string, origin: string, profile: Profile): void {
  const all = [...readProfiles(path)].filter(([key]) => key !== origin);
  const newest = [...all, [origin, profile] as const]
    .sort(([, a], [, b]) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
    .slice(-PROFILES_MAX);
  const text = `${JSON.stringify({ version: VERSION, profiles: Object.fromEntries(newest) }, null, 2)}\n`;
  const part = `${path}.${process.pid}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(part, text, { mode: 0o600 });
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw new Exit(EXIT.disk, `cannot save the profile to ${path}: ${(error as Error).message}`);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Exit(EXIT.usage, `cannot read ${path}: ${message}`);
  }
}

function entriesOf(text: string): [string, Profile][] | undefined {
  if (text.length > BYTES_MAX) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(json) || json['version'] !== VERSION || !isObject(json['profiles'])) return undefined;
  const entries = Object.entries(json['profiles']).map(
    ([origin, value]) => [origin, profileOf(value)] as const,
  );
  const read = entries.filter((entry): entry is [string, Profile] => entry[1] !== undefined);
  return read.length === entries.length ? read : undefined;
}

function profileOf(value: unknown): Profile | undefined {
  if (!isObject(value)) return undefined;
  const { concurrency, goodput, knee, usl, date } = value as Record<keyof Profile, unknown>;
  if (!isPositive(concurrency) || !Number.isInteger(concurrency)) return undefined;
  if (!isPositive(goodput) || typeof date !== 'string') return undefined;
  if (knee !== undefined && !isPositive(knee)) return undefined;
  return { concurrency, goodput, knee, usl: isUsl(usl) ? usl : undefined, date };
}

function isUsl(value: unknown): value is UslParameters {
  if (!isObject(value)) return false;
  return ['lambda', 'sigma', 'kappa'].every((name) => Number.isFinite(value[name]));
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
