// What can be said on the command line of torture. Starts nothing.

import { parseArgs } from 'node:util';

const USAGE = `npm run torture -- [options]

  --rounds <n>    runs that are killed and gone on with (default 200)
  --seed <n>      of the first round; each next one has the next seed (default 1)
  --sink <names>  only these, with commas between; --list names them
  --requests <n>  of a run (default 20,000)
  --quick         40 rounds with 2,000 requests each
  --keep          what a failing round left stays where it is
  --list          print the sinks and end

A round that fails prints its seed; to play it again: --rounds 1 --sink <name> --seed <n>. What is drawn is the same
then, but not the very moment at which a kill arrives.
`;

/** Prints and ends the process where the arguments are wrong or ask for help. */
export function readOptions(argv, names) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        rounds: { type: 'string' },
        seed: { type: 'string', default: '1' },
        sink: { type: 'string' },
        requests: { type: 'string' },
        quick: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const number = (name, otherwise) => {
      if (values[name] === undefined) return otherwise;
      if (!/^[1-9]\d{0,8}$/.test(values[name])) throw new Error(`--${name} takes a whole number from 1 on`);
      return Number(values[name]);
    };
    return {
      rounds: number('rounds', values.quick ? 40 : 200),
      seed: number('seed'),
      requests: number('requests', values.quick ? 2_000 : 20_000),
      keep: values.keep,
      list: values.list,
      names: chosenNames(values.sink, names),
    };
  } catch (error) {
    process.stderr.write(`torture: ${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function chosenNames(only, names) {
  if (only === undefined) return names;
  const chosen = only.split(',').map((name) => name.trim());
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`--sink: there is no ${JSON.stringify(unknown)}; there are ${names.join(', ')}`);
  return chosen;
}
