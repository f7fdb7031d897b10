// What can be said on the command line of gate:adaptive. Starts nothing.

import { parseArgs } from 'node:util';

const USAGE = `npm run gate:adaptive -- [options]

  --quick         shorter runs, several scenarios at a time, and more tolerance: about 40 s in place of 5 minutes
  --only <ids>    only these scenarios, with commas between
  --json <file>   every number as JSON
  --markdown      the table once more, as docs/adaptive.md has it
`;

/** Prints and ends the process where the arguments are wrong or ask for help. */
export function readOptions(argv, ids) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        json: { type: 'string' },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const { quick, json, markdown, only } = values;
    return { quick, json, markdown, ids: chosenIds(only, ids) };
  } catch (error) {
    process.stderr.write(`gate:adaptive: ${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function chosenIds(only, ids) {
  if (only === undefined) return ids;
  const chosen = only.split(',').map((id) => id.trim());
  const unknown = chosen.find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    throw new Error(`--only: there is no ${JSON.stringify(unknown)}; there are ${ids.join(', ')}`);
  }
  return ids.filter((id) => chosen.includes(id));
}
