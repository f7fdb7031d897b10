// What can be said on the command line of bench:wire. Starts nothing.

import { parseArgs } from 'node:util';
import { CLIENTS, GROUPS } from './clients.mjs';

const namesOf = (list) => list.map(({ name }) => name).join(', ');
const NAMES = GROUPS.map(({ name }) => {
  return `                    ${name}: ${namesOf(CLIENTS.filter(({ group }) => group === name))}`;
}).join('\n');

const USAGE = `npm run bench:wire -- [options]

  --rounds <n>      measured rounds, each with every client (default 5), after one short round to warm up
  --requests <n>    requests of each client in a round (default 200,000; slow ones send fewer)
  --quick           1 round of 20,000 requests; misses of the bars are printed but fail nothing
  --group <names>   only these tables, with commas between: ${namesOf(GROUPS)}
  --only <names>    only these clients, with commas between:
${NAMES}
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
        group: { type: 'string' },
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
      clients: chosenClients(values.group, values.only),
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

function chosenClients(groupText, onlyText) {
  const groups = chosenNames('--group', groupText, GROUPS);
  const names = chosenNames('--only', onlyText, CLIENTS);
  const clients = CLIENTS.filter(({ group, name }) => groups.includes(group) && names.includes(name));
  if (clients.length === 0) throw new Error(`no client of --only ${onlyText} is in --group ${groupText}`);
  return clients;
}

/** All of them where nothing is said. */
function chosenNames(flag, text, list) {
  const known = list.map(({ name }) => name);
  const names = text?.split(',').map((name) => name.trim()) ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new Error(`${flag}: there is no ${JSON.stringify(unknown)}; it takes ${known.join(', ')}`);
}
