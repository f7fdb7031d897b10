// What makes two runs the same one: the input and every option that shapes requests or records. How fast they go, how
// often they try and by which way does not: that may change from one session of a run to the next.

import type { IdentityInputs } from '../journal/identity.ts';
import { OPTIONS, type OptionName, type Settings } from '../model/options.ts';
import type { SourceDefinition } from './source-of.ts';

const SHAPING = [
  ...(['method', 'followRedirects', 'maxRedirects', 'compressed', 'cookies'] as const),
  ...([
    'inputFormat',
    'globoff',
    'vars',
    'var',
    'zip',
    'first',
    'shuffle',
    'sample',
    'seed',
    'shard',
    'dedupe',
    'earlier',
    'skipExisting',
    'ifChanged',
  ] as const),
  ...([
    'failOn',
    'matchStatus',
    'filterStatus',
    'match',
    'filter',
    'matchSize',
    'filterSize',
    'extract',
  ] as const),
  ...(['outputFormat', 'recordBody', 'bodyNames', 'recordHeaders', 'recordTimings', 'ordered'] as const),
] satisfies readonly OptionName[];

/** They may hold logins; a change is told, what they are is not. */
const SECRET = [
  ...(['headers', 'body', 'form', 'user', 'bearer', 'auth', 'netrc', 'cookieText'] as const),
] satisfies readonly OptionName[];

export async function identityInputs(
  definition: SourceDefinition,
  settings: Settings,
): Promise<IdentityInputs> {
  const input = (await definition.known?.()) ?? {};
  return { input, options: picked(settings, SHAPING), secrets: picked(settings, SECRET) };
}

function picked(settings: Settings, names: readonly OptionName[]): Record<string, unknown> {
  // A default is no part: with one more option a later flurry would not know its own run.
  const given = names.filter(
    (name) => JSON.stringify(settings[name]) !== JSON.stringify(OPTIONS[name].default),
  );
  return Object.fromEntries(given.map((name) => [name, settings[name]]));
}
