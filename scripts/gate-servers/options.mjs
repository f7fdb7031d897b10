// What can be said on the command line of gate:servers. Starts nothing.

import { parseArgs } from 'node:util';

const USAGE = `npm run gate:servers -- [options]

  --quick           1,500 requests to a server in place of 10,000, 300 through a proxy in place of 1,000; over HTTP/2
                    6 uploads in place of 40, 2,000 streams on one connection in place of 10,000, and 1,200 requests
                    while the server says GOAWAY in place of 6,000
  --only <names>    only these servers and proxies, with commas between; --list names them
  --list            print the servers and proxies with their versions and what each cannot do, and end
  --seed <n>        another manifest (default 1)
  --strict          a server that is not installed is an error (so it is where CI is set)
  --allow-missing   a server that is not installed is none, CI or not
`;

/** Prints and ends the process where the arguments are wrong or ask for help. */
export function readOptions(argv, names) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        list: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        strict: { type: 'boolean', default: false },
        'allow-missing': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    if (!/^\d{1,9}$/.test(values.seed)) throw new Error('--seed takes a whole number');
    return {
      list: values.list,
      names: chosenNames(values.only, names),
      seed: Number(values.seed),
      strict: !values['allow-missing'] && (values.strict || isSet(process.env.CI)),
      requests: values.quick ? 1_500 : 10_000,
      proxyRequests: values.quick ? 300 : 1_000,
      pauses: values.quick ? 1 : 3,
      priorPauses: values.quick ? 0 : 1,
      proxyPauses: values.quick ? 0 : 1,
      uploads: values.quick ? 6 : 40,
      streams: values.quick ? 2_000 : 10_000,
      counted: values.quick ? 1_200 : 6_000,
      disturbances: values.quick ? 2 : 5,
    };
  } catch (error) {
    process.stderr.write(`gate:servers: ${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function isSet(text) {
  return text !== undefined && text !== '' && text !== '0' && text !== 'false';
}

function chosenNames(only, names) {
  if (only === undefined) return names;
  const chosen = only.split(',').map((name) => name.trim());
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Error(`--only: there is no ${JSON.stringify(unknown)}; there are ${names.join(', ')}`);
  }
  return names.filter((name) => chosen.includes(name));
}
