// What scripts/sim.mjs takes from here.

export { SCENARIOS } from './scenarios.ts';
export { comparison, details, failures, requirements } from './table.ts';
export { trace } from './trace.ts';
export { LAWS } from './trials.ts';
