// `flurry serve`: the embedded target until Ctrl-C.

import { systemClock } from '../model/clock.ts';
import { startTarget } from '../target/index.ts';
import { EXIT, usage } from './exit-codes.ts';

export async function serveCommand(flags: { port: string; host: string; seed: string }): Promise<number> {
  const port = number('--port', flags.port, 65_535);
  const seed = number('--seed', flags.seed, 2 ** 31);
  const target = await startTarget({ port, host: flags.host, seed, clock: systemClock }).catch(
    (error: Error) => {
      throw usage(`${error.message}; try another --port, or --port 0 for a free one`);
    },
  );
  process.stdout.write(`${target.url}\n`);
  process.stderr.write(
    `listening at ${target.url}, its pages are described at ${target.url}/ ; stop with Ctrl-C\n`,
  );
  return new Promise((resolve) => {
    const stop = () => {
      process.stderr.write(`\n${target}\n`);
      target.close().then(() => resolve(EXIT.done));
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

function number(flag: string, text: string, max: number): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && n <= max) return n;
  throw usage(`${flag} takes a whole number from 0 to ${max}, not ${JSON.stringify(text)}`);
}
