// Like asyncio.gather over a list: every outcome at the place of its input, bounded in flight.

import { flurry } from 'flurry';

const target = process.argv[2] ?? 'http://127.0.0.1:8080';
const codes = ['ab12', 'cd34', 'ef56'];
const outcomes = await flurry.all(
  codes.map((code) => `${target}/code/${code}`),
  { concurrency: 10 },
);
outcomes.forEach((outcome, i) => {
  console.log(codes[i], outcome.type === 'response' ? outcome.json() : outcome.message);
});
