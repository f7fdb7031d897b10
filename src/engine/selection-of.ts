// From the settings of a run to what of its input is sent, in which order.

import { randomInt } from 'node:crypto';
import { OptionError } from '../model/option-kinds.ts';
import type { Settings } from '../model/options.ts';
import type { Selection } from '../sources/selection.ts';
import { parseShard, WHOLE } from '../sources/shard.ts';

/** Short enough to be typed again. */
const SEED_END = 2 ** 32;

type SelectionSettings = Pick<Settings, 'shuffle' | 'sample' | 'first' | 'seed' | 'shard'>;

/** With a seed where one is needed and none is given: it is part of the run, which goes on with the same one alone. */
export function withSeed(settings: Settings): Settings {
  if (settings.seed !== undefined || !(settings.shuffle || settings.sample !== undefined)) return settings;
  refuseParts(settings);
  return { ...settings, seed: randomInt(SEED_END) };
}

/** Throws OptionError for options that do not go together. */
export function selectionOf(settings: SelectionSettings): Selection {
  const { shuffle, sample, first, seed, shard } = settings;
  const random = shuffle || sample !== undefined;
  if (seed !== undefined && !random) {
    throw new OptionError('seed', 'seed is for shuffle and sample, and neither is given');
  }
  if (random && seed === undefined) refuseParts(settings);
  return {
    mixed: shuffle,
    seed: seed ?? (random ? randomInt(SEED_END) : 0),
    sample,
    first,
    shard: shard === undefined ? WHOLE : parseShard(shard),
  };
}

/** Parts of different orders overlap, and leave out others. */
function refuseParts({ shard }: Pick<Settings, 'shard'>): void {
  if (shard === undefined) return;
  throw new OptionError(
    'seed',
    'seed is needed where shard goes with shuffle or sample: give every part the same one, such as --seed 1, or they overlap',
  );
}

/** Whether indices may be anywhere in the input: with these options what is sent is a part of it, and not its first. */
export function isPartial({ sample, first, shuffle, shard }: SelectionSettings): boolean {
  return sample !== undefined || shard !== undefined || (shuffle && first !== undefined);
}
