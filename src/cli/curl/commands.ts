// A pasted text to the curl commands in it: several where ; & && or line ends stand between them. What a shell would do
// with their output is left out and told; what it would put into them is refused, but for octets out of printf.

import { looksLikeCmd, readCmd } from './cmd-words.ts';
import { mistake, mistakeAt } from './mistake.ts';
import { readFormat } from './printf.ts';
import { readShell, type Token } from './shell-words.ts';
import { octetsOf, type Word } from './word.ts';

export interface PastedCommand {
  /** With `curl` itself as the first. */
  readonly words: readonly Word[];
  /** What a `printf … |` in front of it gives it on its standard input. */
  readonly stdin: Buffer | undefined;
}

export interface Pasted {
  readonly commands: readonly PastedCommand[];
  /** What was left out, each as a phrase for people. */
  readonly notes: readonly string[];
}

const SEPARATORS = new Set(['\n', ';', '&', '&&']);

/** Throws Exit. */
export function readPasted(text: string): Pasted {
  return new CommandReader(looksLikeCmd(text) ? readCmd(text) : readShell(text)).read();
}

class CommandReader {
  readonly #tokens: readonly Token[];
  readonly #commands: PastedCommand[] = [];
  readonly #notes = new Set<string>();
  #words: Word[] = [];
  #stdin: Buffer | undefined;
  /** What stood in front of the command under way. */
  #separator = '\n';
  /** Behind the pipe of a command that was taken. */
  #piped = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): Pasted {
    for (let at = 0; at < this.#tokens.length; at++) {
      const token = this.#tokens[at]!;
      if (token.type === 'word') this.#words.push(token.word);
      else if (SEPARATORS.has(token.text)) this.#end(token.text);
      else if (token.text.startsWith('|') && token.text !== '||') this.#pipe(token.text);
      else if (token.text.includes('>')) at = this.#redirection(token.text, at);
      else throw mistake(refusal(token.text), this.#words, token.text);
    }
    this.#end('\n');
    return { commands: this.#commands, notes: [...this.#notes] };
  }

  #end(separator: string): void {
    if (this.#words.length > 0 && !this.#piped) this.#take();
    if (this.#words.length > 0 || separator !== '\n') this.#separator = separator;
    this.#words = [];
    this.#stdin = undefined;
    this.#piped = false;
  }

  #pipe(operator: string): void {
    if (this.#piped) {
      this.#words = [];
      return;
    }
    if (this.#words[0]?.text === 'printf') {
      this.#stdin = printed(this.#words, operator);
    } else {
      this.#take();
      this.#piped = true;
      this.#notes.add('what stands behind | (pipe flurry itself)');
    }
    this.#words = [];
  }

  #redirection(operator: string, at: number): number {
    const target = this.#tokens[at + 1];
    if (target?.type !== 'word') throw mistake(`nothing stands behind ${operator}`, this.#words, operator);
    this.#notes.add(`${operator} (records go where -o of flurry says)`);
    return at + 1;
  }

  #take(): void {
    const words = withoutPrompt(this.#words);
    refuseOther(words, this.#separator);
    this.#commands.push({ words, stdin: this.#stdin });
  }
}

function printed(words: readonly Word[], operator: string): Buffer {
  const format = words[1];
  if (words.length !== 2 || format === undefined) {
    throw mistake('of printf only its format is understood: one word', words.slice(0, 1), operator);
  }
  const octets = readFormat(octetsOf(format));
  if (octets === undefined) {
    throw mistake(
      'the format of printf may hold octal escapes, \\\\ and %%, and nothing else',
      words.slice(0, 1),
      '…',
    );
  }
  return octets;
}

/** As manuals show it: `$ curl …`. */
function withoutPrompt(words: readonly Word[]): readonly Word[] {
  return words[0]?.text === '$' ? words.slice(1) : words;
}

function refuseOther(words: readonly Word[], separator: string): void {
  const name = words[0]?.text ?? '';
  if (/^(?:.*[/\\])?curl(?:\.exe)?$/i.test(name)) return;
  const flagAlone = name.startsWith('-');
  const problem = flagAlone
    ? 'a flag stands where a command should; does the line before it end with a backslash?'
    : separator === '&'
      ? 'an & outside of quotes ends the command; put the URL in quotes'
      : 'this is no curl command; a command begins with curl';
  throw mistakeAt(problem, words.length === 0 ? [{ text: '', octets: undefined }] : words, 0);
}

function refusal(operator: string): string {
  if (operator.startsWith('<')) {
    return `flurry does not read with ${operator}; give a body in a file, with --data-binary @FILE`;
  }
  return `${operator} is the shell's own, and means nothing here; paste curl commands alone`;
}
