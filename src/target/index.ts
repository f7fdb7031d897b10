// What `flurry/target` exports: the server that demos, examples and tests send their requests to. Names only.

export type { Clock } from '../model/contracts.ts';
export { startTarget, type Target, type TargetCounts, type TargetOptions } from './target.ts';
