// What a run is, so that a journal is not continued by another: its input and its options as named parts, each with a
// hash and a short text to name it by. Secrets are neither shown nor can they be found out by guessing. Which parts
// there are is the caller's to say; decides nothing.

import { createHash, randomBytes } from 'node:crypto';

const SHOWN_CHARACTERS = 60;
const HASH_CHARACTERS = 32;
/**
 * 16 bits tell a changed secret with 65,535 chances in 65,536, and leave whoever finds the file and guesses a password
 * with one right and very many wrong answers.
 */
const SECRET_HASH_CHARACTERS = 4;

export interface IdentityPart {
  readonly hash: string;
  /** A secret has none. */
  readonly shown?: string;
}

export interface Identity {
  readonly salt: string;
  readonly parts: Readonly<Record<string, IdentityPart>>;
}

/** By name; what is undefined is no part. A name stands in one of them only. */
export interface IdentityInputs {
  /** Where requests come from: templates, or what a file is known by. */
  readonly input: Readonly<Record<string, string | undefined>>;
  /** What shapes requests and records. A function is known only to be one. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

export interface Difference {
  readonly name: string;
  readonly before: string;
  readonly now: string;
}

/** To compare with an earlier one, give that one's salt. */
export function identityOf(inputs: IdentityInputs, salt: string = newSalt()): Identity {
  const parts: [string, IdentityPart][] = [];
  for (const [name, value] of [...Object.entries(inputs.input), ...Object.entries(inputs.options)]) {
    if (value === undefined) continue;
    const text = withoutLogin(textOf(value));
    parts.push([name, { hash: hashOf(salt, name, text).slice(0, HASH_CHARACTERS), shown: shortened(text) }]);
  }
  for (const [name, value] of Object.entries(inputs.secrets ?? {})) {
    if (value === undefined) continue;
    parts.push([name, { hash: hashOf(salt, name, textOf(value)).slice(0, SECRET_HASH_CHARACTERS) }]);
  }
  const record = Object.fromEntries(parts);
  if (Object.keys(record).length < parts.length) throw new Error('a part of an identity is named twice');
  return { salt, parts: record };
}

/** In the order of the names as they are now, then those that are gone. Empty: the same run. */
export function differences(before: Identity, now: Identity): Difference[] {
  if (before.salt !== now.salt) throw new Error('identities with different salts cannot be compared');
  const names = new Set([...Object.keys(now.parts), ...Object.keys(before.parts)]);
  return [...names].flatMap((name) => {
    const [was, is] = [partOf(before, name), partOf(now, name)];
    if (was?.hash === is?.hash) return [];
    return [{ name, before: inWords(was, undefined), now: inWords(is, was) }];
  });
}

/** `delay was 5, now it is 7`. */
export function differenceText({ name, before, now }: Difference): string {
  return `${name} was ${before}, now it is ${now}`;
}

export function newSalt(): string {
  return randomBytes(16).toString('hex');
}

function partOf(identity: Identity, name: string): IdentityPart | undefined {
  return Object.hasOwn(identity.parts, name) ? identity.parts[name] : undefined;
}

function inWords(part: IdentityPart | undefined, other: IdentityPart | undefined): string {
  if (part === undefined) return 'not set';
  if (part.shown === undefined) return other === undefined ? 'a secret' : 'another secret';
  // Both have been shortened to the same.
  return part.shown === other?.shown
    ? `${part.shown} with a difference in what is left out here`
    : part.shown;
}

function hashOf(salt: string, name: string, text: string): string {
  return createHash('sha256').update(`${salt}\0${name}\0${text}`).digest('hex');
}

/** One text for equal values: the names in objects are sorted. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'function') return 'a function';
  return JSON.stringify(value, (_, inner: unknown) => plain(inner)) ?? String(value);
}

function plain(value: unknown): unknown {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || value instanceof RegExp) return String(value);
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Uint8Array) return createHash('sha256').update(value).digest('hex');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A changed password in a URL makes no other run, and its hash would be one to guess at. */
function withoutLogin(text: string): string {
  return text.replace(/\/\/[^\s/?#@]*@/g, '//***@');
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  if (line.length <= SHOWN_CHARACTERS) return line;
  const half = (SHOWN_CHARACTERS - 1) >> 1;
  return `${line.slice(0, half)}…${line.slice(-half)}`;
}
