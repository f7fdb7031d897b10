// What can be said on the command line of bench. Starts nothing.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));
const LIST = new URL('../peers/list.mjs', import.meta.url).href;

const USAGE = `npm run bench -- [options]

Every generation of clients against the same server on this machine, side by side. A good half hour.

  --quick           fewer requests, rounds and sizes: under ten minutes, a look and no measurement
  --only <names>    only these peers, with commas between; part of a name is enough (--list names them)
  --tables <names>  only these tables, with commas between
  --rounds <n>      measured rounds of each table, instead of its own number
  --out <folder>    where results go (default: bench/results)
  --list            name the peers and tables, and end
  --docs            measure nothing: draw the pictures again, and write README.md and docs/generations.md anew from
                    the results there
`;

/** Prints and ends the process where the arguments are wrong or ask for help. */
export function readOptions(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        tables: { type: 'string' },
        rounds: { type: 'string' },
        out: { type: 'string', default: RESULTS },
        peers: { type: 'string', default: LIST },
        list: { type: 'boolean', default: false },
        docs: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    return { ...values, rounds: roundsOf(values.rounds) };
  } catch (error) {
    refuse(error);
  }
}

export function refuse(error) {
  process.stderr.write(`bench: ${error.message}\n\n${USAGE}`);
  process.exit(2);
}

function roundsOf(text) {
  if (text === undefined) return undefined;
  const n = Number(text);
  if (/^\d+$/.test(text) && n >= 1 && n <= 100) return n;
  throw new Error(`--rounds takes a whole number from 1 to 100, not ${JSON.stringify(text)}`);
}

/** Those of a list whose names hold one of the words; all where none is said. Throws where a word finds nothing. */
export function chosen(flag, text, list) {
  if (text === undefined) return list;
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !list.some(({ name }) => name.includes(word)));
  if (unknown !== undefined) {
    const known = list.map(({ name }) => name).join(', ');
    throw new Error(`${flag}: nothing is named ${JSON.stringify(unknown)}; there are ${known}`);
  }
  // A whole name is meant alone: "aiohttp" is part of others' names.
  return list.filter(({ name }) =>
    words.some((word) => (list.some((one) => one.name === word) ? name === word : name.includes(word))),
  );
}
