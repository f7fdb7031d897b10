// What the other end of an output can do, and how lines are coloured and redrawn in place there (ECMA-48 sequences).
// Knows nothing of what the lines say.

/** Standard error, or a stand-in. */
export interface TerminalOutput {
  write(text: string): unknown;
  /** Read anew for every frame: windows are resized. */
  readonly columns?: number | undefined;
  readonly isTTY?: boolean | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const COLUMNS_UNKNOWN = 80;

export function columnsOf(output: TerminalOutput): number {
  return output.columns !== undefined && output.columns > 0 ? output.columns : COLUMNS_UNKNOWN;
}

/** Whether lines may be redrawn in place: a log of a CI service is a file, even where it calls itself a terminal. */
export function animates(output: TerminalOutput, env: Environment): boolean {
  return output.isTTY === true && env['TERM'] !== 'dumb' && !isSet(env['CI']);
}

/** FORCE_COLOR is asked before NO_COLOR, as in node itself; an empty variable says nothing. */
export function colors(output: TerminalOutput, env: Environment): boolean {
  const forced = env['FORCE_COLOR'] ?? '';
  if (forced !== '') return isSet(forced);
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return output.isTTY === true && env['TERM'] !== 'dumb';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

export type Hue = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
/** Colours a text, or leaves it as it is. */
export type Paint = (hue: Hue, text: string) => string;

// Select graphic rendition: how each is switched on and off. The basic colours follow the reader's own theme.
const RENDITIONS: Readonly<Record<Hue, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export function paintFor(color: boolean): Paint {
  if (!color) return (_, text) => text;
  return (hue, text) => {
    const [on, off] = RENDITIONS[hue];
    return text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`;
  };
}

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_TO_LINE_END = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
const RENDITION = /\x1b\[\d+m/g;

/** A few lines at the bottom of a terminal that are drawn over again. Between frames the cursor stands below them. */
export class LiveArea {
  readonly #output: TerminalOutput;
  /** How wide the lines on the screen are, in characters. */
  #widths: readonly number[] = [];
  #cursorHidden = false;

  constructor(output: TerminalOutput) {
    this.#output = output;
  }

  /** One write for a whole frame, so that none is seen half drawn. No line may be wider than the terminal. */
  draw(lines: readonly string[]): void {
    const hide = this.#cursorHidden ? '' : HIDE_CURSOR;
    const body = lines.map((line) => `${line}${ERASE_TO_LINE_END}\n`).join('');
    this.#output.write(hide + this.#toTop() + body + ERASE_BELOW);
    this.#cursorHidden = true;
    this.#widths = lines.map((line) => line.replace(RENDITION, '').length);
  }

  /** Takes the frame away, so that something else can be written; the next frame is drawn below that. */
  erase(): void {
    if (this.#widths.length === 0) return;
    this.#output.write(this.#toTop() + ERASE_BELOW);
    this.#widths = [];
  }

  /** Leaves these lines where they are and gives the cursor back. Writes nothing where nothing was ever drawn. */
  close(lines: readonly string[]): void {
    if (!this.#cursorHidden) return;
    this.draw(lines);
    this.#output.write(SHOW_CURSOR);
    this.#cursorHidden = false;
    this.#widths = [];
  }

  /** A window that became narrower has broken long lines into several rows, and all of them must go. */
  #toTop(): string {
    const columns = columnsOf(this.#output);
    let rows = 0;
    for (const width of this.#widths) rows += Math.max(1, Math.ceil(width / columns));
    return rows === 0 ? '' : `\x1b[${rows}A\r`;
  }
}
