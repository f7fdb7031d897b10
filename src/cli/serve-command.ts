// `flurry serve`: the embedded target until Ctrl-C.

import { startTarget } from '../target/index.ts';
import { readWords } from './arguments.ts';
import { EXIT, usage } from './exit-codes.ts';
import { SERVE_SWITCHES, type ServeSwitch } from './serve-flags.ts';
import type { Surroundings } from './surroundings.ts';

const PORT_MAX = 65_535;
const SEED_MAX = 2 ** 31;
const CONNECTIONS_MAX = 65_535;

export async function serveCommand(argv: readonly string[], around: Surroundings): Promise<number> {
  const { plain, given, asks } = readWords<ServeSwitch>(argv, SERVE_SWITCHES, 'serve');
  if (asks !== undefined) {
    const { helpText } = await import('./help.ts');
    around.stdout.write(helpText('serve', around.stdout.columns));
    return EXIT.done;
  }
  if (plain.length > 0) throw usage(`serve takes options only, not ${plain[0]}; see flurry serve --help`);
  const values = new Map(given.map(({ option, value }) => [option.long, String(value)]));
  const { clock, stdout, stderr } = around;
  const connections = values.get('--max-connections');
  const target = await startTarget({
    port: wholeNumber('--port', values.get('--port') ?? '8080', PORT_MAX),
    host: values.get('--host') ?? '127.0.0.1',
    seed: wholeNumber('--seed', values.get('--seed') ?? '1', SEED_MAX),
    connectionsMax:
      connections === undefined
        ? undefined
        : wholeNumber('--max-connections', connections, CONNECTIONS_MAX, 1),
    clock,
  }).catch((error: Error) => {
    throw usage(error.message);
  });
  stdout.write(`${target.url}\n`);
  stderr.write(`listening at ${target.url}, where its routes are described; stop with Ctrl-C\n`);
  await new Promise<void>((resolve) => {
    // The next signal is the system's again, should closing take long.
    const stop = around.onSignal(() => {
      stop();
      resolve();
    });
  });
  stderr.write(`${target}\n`);
  await target.close();
  return EXIT.done;
}

function wholeNumber(flag: string, text: string, max: number, min = 0): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && n >= min && n <= max) return n;
  throw usage(`${flag} takes a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`);
}
