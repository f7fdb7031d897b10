// What can be said on the command line of bench:wire, and what is measured. Starts nothing.

import { parseArgs } from 'node:util';

/** In the order of the table. `requestsMax`: a slow client sends fewer, so that a round stays short. */
export const CLIENTS = [
  { name: 'wrk', title: 'wrk (C)' },
  { name: 'undici-dispatch', title: 'undici dispatch' },
  { name: 'undici-request', title: 'undici request', requestsMax: 100_000 },
  { name: 'fetch', title: 'fetch of Node', requestsMax: 25_000 },
  { name: 'flurry-library', title: 'flurry, library' },
  { name: 'flurry-cli', title: 'flurry, command line' },
];

export const CONCURRENCY = 60;

const USAGE = `npm run bench:wire -- [options]

  --rounds <n>      measured rounds, each with every client (default 5), after one short round to warm up
  --requests <n>    requests of each client in a round (default 200,000)
  --quick           1 round of 20,000 requests; misses of the bars are printed but fail nothing
  --only <names>    only these clients, with commas between: ${CLIENTS.map((c) => c.name).join(', ')}
  --json <file>     write every number there
  --all-codes       instead: the command line over all 1,679,616 codes of [a-z0-9]{4}
  --first-record    instead: time until the first record of the command line, 20 runs
`;

/** Prints and ends the process where the arguments are wrong or ask for help. */
export function readOptions(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        rounds: { type: 'string' },
        requests: { type: 'string' },
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        json: { type: 'string' },
        'all-codes': { type: 'boolean', default: false },
        'first-record': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    return {
      rounds: wholeNumber('--rounds', values.rounds ?? (values.quick ? '1' : '5'), 100),
      requests: wholeNumber('--requests', values.requests ?? (values.quick ? '20000' : '200000'), 10_000_000),
      quick: values.quick,
      clients: chosenClients(values.only),
      json: values.json,
      allCodes: values['all-codes'],
      firstRecord: values['first-record'],
    };
  } catch (error) {
    process.stderr.write(`bench:wire: ${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function wholeNumber(flag, text, max) {
  const n = Number(text);
  if (/^\d+$/.test(text) && n >= 1 && n <= max) return n;
  throw new Error(`${flag} takes a whole number from 1 to ${max}, not ${JSON.stringify(text)}`);
}

function chosenClients(only) {
  if (only === undefined) return CLIENTS;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !CLIENTS.some((client) => client.name === name));
  if (unknown !== undefined) throw new Error(`--only: there is no client ${JSON.stringify(unknown)}`);
  return CLIENTS.filter((client) => names.includes(client.name));
}
