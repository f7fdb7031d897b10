// --shard auto: which part a job of an array is.

import { describe, expect, it } from 'vitest';
import { shardOf } from '../../src/cli/shard-variables.ts';

const SLURM = {
  SLURM_ARRAY_TASK_ID: '30',
  SLURM_ARRAY_TASK_MIN: '10',
  SLURM_ARRAY_TASK_STEP: '10',
  SLURM_ARRAY_TASK_COUNT: '5',
};

describe('the part of a job', () => {
  it.each([
    ['2/4', {}, '2/4'],
    ['2/4', { JOB_COMPLETION_INDEX: '0' }, '2/4'],
    ['auto/4', { JOB_COMPLETION_INDEX: '0' }, '1/4'],
    ['auto/4', { JOB_COMPLETION_INDEX: '3' }, '4/4'],
    ['auto', SLURM, '3/5'],
    ['auto/8', SLURM, '3/8'],
    ['auto', { SLURM_ARRAY_TASK_ID: '1', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '2' }, '1/2'],
    ['auto', { AWS_BATCH_JOB_ARRAY_INDEX: '9', AWS_BATCH_JOB_ARRAY_SIZE: '10' }, '10/10'],
    ['auto/12', { AWS_BATCH_JOB_ARRAY_INDEX: '0' }, '1/12'],
    ['auto/2', { JOB_COMPLETION_INDEX: '', AWS_BATCH_JOB_ARRAY_INDEX: '1' }, '2/2'],
    // Wrong, and for the one who reads i/n to say.
    ['automatic', {}, 'automatic'],
  ])('of --shard %s with %j is %s', (text, env, shard) => {
    expect(shardOf(text, env)).toBe(shard);
  });

  it.each([
    ['auto/4', {}, /none of them is set; say which part this is: --shard 1\/4$/],
    [
      'auto',
      { JOB_COMPLETION_INDEX: '0' },
      /spec\.completions, and in no variable; say it: --shard auto\/4$/,
    ],
    ['auto', { AWS_BATCH_JOB_ARRAY_INDEX: '0' }, /AWS_BATCH_JOB_ARRAY_SIZE is not set/],
    [
      'auto/3',
      { JOB_COMPLETION_INDEX: '3' },
      /JOB_COMPLETION_INDEX says that this is part 4, and --shard auto\/3 has only 3/,
    ],
    ['auto/3', { JOB_COMPLETION_INDEX: 'x' }, /JOB_COMPLETION_INDEX is no number but "x"/],
    ['auto/3', { SLURM_ARRAY_TASK_ID: '2' }, /without SLURM_ARRAY_TASK_MIN/],
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_ID: '35' }, /35 is no step of 10 from SLURM_ARRAY_TASK_MIN 10/],
    [
      'auto',
      { ...SLURM, SLURM_ARRAY_TASK_ID: '90' },
      /says that this is part 9, and --shard auto has only 5/,
    ],
  ])('of --shard %s with %j is unknown', (text, env, message) => {
    expect(() => shardOf(text, env)).toThrow(message);
  });
});
