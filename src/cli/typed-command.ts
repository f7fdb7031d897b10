// A command line as a journal keeps it, so that `flurry resume` can give it again: every option by its long name, and
// what may hold a secret without its value.

import type { OptionName } from '../model/options.ts';
import { usage } from './exit-codes.ts';
import { redacted } from './redacted.ts';
import { type RunWords, readRunWords } from './run-flags.ts';

const SECRET: ReadonlySet<OptionName> = new Set<OptionName>([
  ...(['user', 'bearer', 'proxyUser', 'header', 'cookie', 'data', 'dataRaw', 'dataBinary'] as const),
  ...(['dataUrlencode', 'json', 'formField', 'formString'] as const),
]);
/** Said anew each time. */
const OF_ONE_TIME: ReadonlySet<OptionName> = new Set<OptionName>(['resume', 'restart']);
const LEFT_OUT = '***';

/** Empty where nobody typed it. */
export function keptCommand({ typed, urls }: RunWords): string[] {
  if (typed === undefined) return [];
  const options = typed
    .filter(([name]) => !OF_ONE_TIME.has(name))
    .map(([name, long, value]) => {
      return wordOf(long, value !== true && isLeftOut(name, value) ? LEFT_OUT : value);
    });
  return [
    ...options,
    ...(urls.length === 0 ? [] : ['--', ...urls.map((url) => (redacted(url) === url ? url : LEFT_OUT))]),
  ];
}

function isLeftOut(name: OptionName, value: string): boolean {
  return isSecret(name, value) || redacted(value) !== value;
}

/** The name of a file is no secret, what is in it may be. */
function isSecret(name: OptionName, value: string): boolean {
  if (!SECRET.has(name) || value.startsWith('@')) return false;
  return (
    name !== 'header' ||
    /^(?:authorization|proxy-authorization|cookie|[^:]*(?:key|token|secret)[^:]*)\s*:/i.test(value)
  );
}

/** The kept words with what was typed now behind them. Throws Exit where a secret must be given again, to `typing`. */
export function commandAgain(
  kept: readonly string[],
  given: readonly string[],
  output: string,
  typing = `flurry resume ${output}`,
): RunWords {
  if (kept.length === 0) {
    throw usage(`the journal of ${output} does not know what was typed; run the same command again to go on`);
  }
  const dashes = kept.indexOf('--');
  const [options, urls] = dashes === -1 ? [kept, []] : [kept.slice(0, dashes), kept.slice(dashes)];
  const now = new Given(given);
  const missing: string[] = [];
  // In the place of the one that was left out: of some the order among each other counts.
  const known = options.flatMap((word) => {
    if (!word.endsWith(`=${LEFT_OUT}`)) return word;
    const long = word.slice(0, word.indexOf('='));
    const again = now.take(long);
    if (again === undefined) missing.push(long);
    return again ?? [];
  });
  if ((urls as readonly string[]).includes(LEFT_OUT))
    throw usage(`the URL holds a login, which is not kept; run the same command again to go on`);
  if (missing.length > 0) {
    const again = missing.map((long) => `${long} …`).join(' ');
    throw usage(`secrets are not kept; give them again: ${typing} ${again}`);
  }
  return readRunWords([...known, ...now.words, ...urls]);
}

/** What is typed to go on, of which some stands for what was left out. */
class Given {
  #typed: NonNullable<RunWords['typed']>;

  constructor(words: readonly string[]) {
    this.#typed = readRunWords(words).typed ?? [];
  }

  /** The next value of this option, one that would be left out before any other; undefined where none is left. */
  take(long: string): string | undefined {
    const ofOption = this.#typed.filter(([, other, value]) => other === long && value !== true);
    const taken =
      ofOption.find(([name, , value]) => isLeftOut(name, value as string)) ??
      ofOption.find(([name]) => name !== 'header');
    if (taken === undefined) return undefined;
    this.#typed = this.#typed.filter((one) => one !== taken);
    return wordOf(taken[1], taken[2]);
  }

  get words(): string[] {
    return this.#typed.map(([, long, value]) => wordOf(long, value));
  }
}

function wordOf(long: string, value: string | true): string {
  return value === true ? long : `${long}=${value}`;
}
