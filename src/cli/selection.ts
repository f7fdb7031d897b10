// Which part of the input the words of a command line mean (--shuffle --sample --seed --shard), and how --dry-run shows it.

import { withSeed } from '../engine/selection-of.ts';
import type { Source } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { count } from '../model/text.ts';
import type { Row } from './plan-session.ts';
import type { Surroundings } from './surroundings.ts';

/** With what `auto` stands for, and with a seed where one is needed: it is told, as the same again needs it. Throws Exit. */
export async function withSelection(
  settings: Settings,
  { env, stderr }: Pick<Surroundings, 'env' | 'stderr'>,
): Promise<Settings> {
  const { quiet, dryRun } = settings;
  const complete = withSeed(
    settings.shard === undefined ? settings : await withShard(settings, settings.shard, env),
  );
  if (complete.seed !== settings.seed && !quiet && !dryRun) {
    stderr.write(`flurry: this order can be had again with --seed ${complete.seed}\n`);
  }
  return complete;
}

async function withShard(settings: Settings, shard: string, env: Surroundings['env']): Promise<Settings> {
  const { shardOf } = await import('./shard-variables.ts');
  return { ...settings, shard: shardOf(shard, env) };
}

/** None where all of the input is sent as it stands. */
export function selectionRows(settings: Settings, { indexEnd }: Source): Row[] {
  const { shuffle, sample, seed, shard, first } = settings;
  const whole = indexEnd === undefined ? 'the input' : `${count(indexEnd)}`;
  const parts: string[] = [];
  if (sample !== undefined) parts.push(`a sample of ${count(sample)} at most of ${whole}`);
  else if (shuffle) parts.push(`${whole} in a random order`);
  if (seed !== undefined) parts.push(`--seed ${seed}`);
  if (first !== undefined) parts.push(`the first ${count(first)} of ${parts.length === 0 ? whole : 'that'}`);
  if (shard !== undefined) parts.push(`part ${shard} of ${parts.length === 0 ? whole : 'that'}`);
  return shuffle || sample !== undefined || shard !== undefined ? [['selection', parts.join(', ')]] : [];
}
