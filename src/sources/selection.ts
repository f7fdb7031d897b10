// Which part of an input is given, and in which order. What each of the kinds of source can do for it is decided here:
// where any item can be asked for, the order is computed; what is read as it comes is passed over, or sampled as it is read.

import type { SeekableSource, Source } from '../model/contracts.ts';
import { OptionError } from '../model/option-kinds.ts';
import type { Failure } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { count } from '../model/text.ts';
import { PartOfStream } from './part-of-stream.ts';
import { Permutation } from './permutation.ts';
import { SampleOfStream } from './sample-of-stream.ts';
import { SelectedSource } from './selected-source.ts';
import type { Shard } from './shard.ts';

/**
 * The items of the whole input, in order or mixed, of which the first so many are taken, of which this part is given. So
 * the parts of one selection are together what it is without parts, each item once.
 */
export interface Selection {
  /** Mixed: a permutation that follows from the seed. */
  readonly mixed: boolean;
  readonly seed: number;
  /** So many at random. What is not mixed otherwise is mixed by this: the first of a permutation are the sample. */
  readonly sample: number | undefined;
  readonly first: number | undefined;
  readonly shard: Shard;
}

/** Of an input that is read as it comes, all of them are in memory: about a gigabyte, at 420 bytes each and as much again. */
const SAMPLE_OF_STREAM_MAX = 1_000_000;

/** The source itself where all of it is asked for, in order. Throws OptionError for what it cannot do. */
export function select(source: Source, selection: Selection): Source {
  const { mixed, sample, first, shard } = selection;
  const most = Math.min(sample ?? Number.POSITIVE_INFINITY, first ?? Number.POSITIVE_INFINITY);
  if (!mixed && most === Number.POSITIVE_INFINITY && shard.count === 1) return source;
  const pick = pickerOf(source);
  if (pick !== undefined)
    return new SelectedSource(source, pick, { order: orderOf(source, selection), most, shard });
  if (sample !== undefined) return sampleOf(source, sample, selection);
  if (mixed) throw notMixable();
  return new PartOfStream(source, most, shard);
}

function sampleOf(source: Source, sample: number, { seed, first, shard }: Selection): Source {
  const size = Math.min(sample, source.count ?? sample);
  if (size > SAMPLE_OF_STREAM_MAX) {
    throw new OptionError(
      'sample',
      `sample takes ${count(SAMPLE_OF_STREAM_MAX)} at most from an input that is read as it comes, because they are held in memory; mix its lines first: shuf FILE | flurry -i - -n ${sample}`,
    );
  }
  return new SampleOfStream(source, size, seed, { most: first ?? Number.POSITIVE_INFINITY, shard });
}

function notMixable(): OptionError {
  return new OptionError(
    'shuffle',
    'shuffle needs requests that can be asked for in any order (URLs, templates, an array), and this input is read as it comes; mix its lines first: shuf FILE | flurry -i -, or take some of them at random: --sample 1000',
  );
}

interface Countable extends Source {
  readonly count: number;
}

type Picker = (index: number) => Request | Failure;

/** Undefined for an empty one: there is nothing to order. */
function orderOf({ count: size }: Source, { mixed, sample, seed }: Selection): Permutation | undefined {
  const wanted = mixed || sample !== undefined;
  return wanted && size !== undefined && size > 0 ? new Permutation(size, seed) : undefined;
}

/** What gives the item of any place; undefined where items can only be taken one after another. */
function pickerOf(source: Source): Picker | undefined {
  if (source.count === undefined) return undefined;
  const { at, pick } = source as Partial<SeekableSource & { pick: Picker }>;
  if (typeof at === 'function') return (index) => (source as SeekableSource).at(index);
  return typeof pick === 'function'
    ? (index) => (source as Countable & { pick: Picker }).pick(index)
    : undefined;
}
