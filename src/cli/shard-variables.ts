// `--shard auto`: which part this process is, as Kubernetes, Slurm and AWS Batch tell their jobs in variables.

import { count } from '../model/text.ts';
import type { Environment } from '../view/terminal.ts';
import { usage } from './exit-codes.ts';

/** What a scheduler of jobs says of this one; undefined where it does not say how many there are. */
interface Told {
  /** The variable that says it. */
  readonly variable: string;
  /** From 0. */
  readonly index: number;
  readonly total: number | undefined;
  /** What that would be known by. */
  readonly missing: string;
}

const FORMS = '--shard takes i/n, counted from 1, such as 1/4, or auto/n in an array of jobs';

/** `i/n` of `auto/n` and `auto`; any other text as it is. Throws Exit. */
export function shardOf(text: string, env: Environment): string {
  const match = /^auto(?:\/(\d{1,15}))?$/.exec(text.trim());
  if (match === null) return text;
  const told = kubernetes(env) ?? slurm(env) ?? batch(env);
  if (told === undefined) {
    throw usage(
      `--shard ${text} takes the part from JOB_COMPLETION_INDEX (Kubernetes), SLURM_ARRAY_TASK_ID or AWS_BATCH_JOB_ARRAY_INDEX, and none of them is set; say which part this is: --shard 1/${match[1] ?? 4}`,
    );
  }
  const total = match[1] === undefined ? told.total : Number(match[1]);
  if (total === undefined) {
    throw usage(
      `--shard auto does not know how many parts there are: ${told.missing}; say it: --shard auto/4`,
    );
  }
  if (told.index >= total) {
    throw usage(
      `${told.variable} says that this is part ${count(told.index + 1)}, and --shard ${text} has only ${count(total)}`,
    );
  }
  return `${told.index + 1}/${total}`;
}

function kubernetes(env: Environment): Told | undefined {
  const variable = 'JOB_COMPLETION_INDEX';
  const index = numberIn(env, variable);
  const missing = 'an indexed Job has its number in spec.completions, and in no variable';
  return index === undefined ? undefined : { variable, index, total: undefined, missing };
}

/** `--array=10-50:10` numbers its tasks 10, 20 … 50. */
function slurm(env: Environment): Told | undefined {
  const variable = 'SLURM_ARRAY_TASK_ID';
  const id = numberIn(env, variable);
  if (id === undefined) return undefined;
  const min = numberIn(env, 'SLURM_ARRAY_TASK_MIN');
  const step = numberIn(env, 'SLURM_ARRAY_TASK_STEP') || 1;
  if (min === undefined) {
    throw usage(
      `${variable} is set without SLURM_ARRAY_TASK_MIN, so nobody knows which part it is; ${FORMS}`,
    );
  }
  const index = (id - min) / step;
  if (!Number.isInteger(index) || index < 0) {
    throw usage(`${variable} ${id} is no step of ${step} from SLURM_ARRAY_TASK_MIN ${min}; ${FORMS}`);
  }
  const total = numberIn(env, 'SLURM_ARRAY_TASK_COUNT');
  return { variable, index, total, missing: 'SLURM_ARRAY_TASK_COUNT is not set' };
}

function batch(env: Environment): Told | undefined {
  const variable = 'AWS_BATCH_JOB_ARRAY_INDEX';
  const index = numberIn(env, variable);
  const total = numberIn(env, 'AWS_BATCH_JOB_ARRAY_SIZE');
  return index === undefined
    ? undefined
    : { variable, index, total, missing: 'AWS_BATCH_JOB_ARRAY_SIZE is not set' };
}

/** Throws Exit for what is no number: to go on without it would send what another part sends. */
function numberIn(env: Environment, variable: string): number | undefined {
  const text = env[variable];
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usage(`${variable} is no number but ${JSON.stringify(text)}; ${FORMS}`);
}
