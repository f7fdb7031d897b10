// Secrets from files: `@file` in place of --user and --oauth2-bearer, so that neither the list of processes nor the
// history of a shell holds them. No message holds a word of such a file.

import { readFileSync } from 'node:fs';
import type { Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';

/** The settings with what such files hold put in their place. Throws Exit. */
export function withSecretFiles(settings: Settings): Settings {
  const { user, bearer } = settings;
  if (!isFile(user) && !isFile(bearer)) return settings;
  return {
    ...settings,
    user: isFile(user) ? readSecret(user, '--user') : user,
    bearer: isFile(bearer) ? readSecret(bearer, '--oauth2-bearer') : bearer,
  };
}

function isFile(value: string | undefined): value is string {
  return value?.startsWith('@') ?? false;
}

/** Without the line end that an editor puts behind it. The path is not shown: it may be a password that starts with @. */
function readSecret(value: string, flag: string): string {
  const secret = readSecretFile(value.slice(1), flag)
    .replace(/^\ufeff/, '')
    .replace(/[\r\n]+$/, '');
  if (secret === '') throw usage(`the file of ${flag} is empty`);
  if (/[\r\n]/.test(secret)) throw usage(`the file of ${flag} holds more than one line`);
  return secret;
}

function readSecretFile(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice = `${flag} @path reads it from a file, and a value that starts with @ itself has to stand in one`;
    throw usage(`cannot read the file of ${flag} (${code}); ${advice}`);
  }
}
