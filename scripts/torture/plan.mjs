// What one round does, drawn from its seed: how many times the run is killed and when, what the requests come from, and
// how it is gone on with each time. Decides nothing about what is right.

import { Random } from '../gate-servers/random.mjs';

/** A start takes about this long where the machine is busy. */
const START_MS = 400;

export function planOf(seed, kind, requestsAsked) {
  const random = new Random(seed * 7919 + kind.name.length);
  const requests = Math.max(200, Math.round(requestsAsked * (kind.share ?? 1)));
  const kills = Array.from({ length: random.between(2, 5) }, () => killOf(random));
  return {
    ...{ seed, kind, requests, kills },
    input: kind.shuffled ? 'template' : random.weighted(INPUTS).name,
    concurrency: random.pick([8, 40, 120]),
    durability: random.below(8) === 0 ? 'power' : 'process',
    /** Whether the complete run is asked once more whether anything is left. */
    asksAgain: random.below(4) === 0,
  };
}

const INPUTS = [
  { name: 'template', weight: 6 },
  { name: 'file', weight: 2 },
  { name: 'stdin', weight: 1 },
  { name: 'pipe', weight: 1 },
];

const MOMENTS = [
  // While it starts, or opens what it goes on with.
  { name: 'start', weight: 2 },
  // When a part of what was left at its start has arrived.
  { name: 'middle', weight: 7 },
  // When everything has arrived, while it ends.
  { name: 'end', weight: 1 },
];

function killOf(random) {
  const { name } = random.weighted(MOMENTS);
  return {
    moment: name,
    waitMs:
      name === 'start' ? random.below(START_MS) : name === 'middle' ? random.below(30) : random.below(15),
    part: name === 'end' ? 1 : random.below(1000) / 1000,
    signal: random.below(10) === 0 ? 'SIGINT' : 'SIGKILL',
    /** How the next life is asked for: the same line again in most cases. */
    again: random.weighted([
      { word: 'line', weight: 6 },
      { word: 'resume', weight: 2 },
      { word: '--resume', weight: 2 },
    ]).word,
  };
}
