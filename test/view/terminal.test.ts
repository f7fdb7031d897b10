import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  animates,
  colors,
  columnsOf,
  type Environment,
  LiveArea,
  paintFor,
  type TerminalOutput,
} from '../../src/view/terminal.ts';

const terminal = { write: () => true, columns: 80, isTTY: true };
const file = { write: () => true };

describe('animates', () => {
  it.each<[boolean, TerminalOutput, Environment]>([
    [true, terminal, {}],
    [true, terminal, { TERM: 'xterm-256color', CI: '' }],
    [true, terminal, { CI: 'false' }],
    [true, terminal, { NO_COLOR: '1' }],
    [false, terminal, { TERM: 'dumb' }],
    [false, terminal, { CI: 'true' }],
    [false, terminal, { CI: '1' }],
    [false, file, {}],
    [false, file, { FORCE_COLOR: '1' }],
    [false, { ...terminal, isTTY: false }, {}],
  ])('is %s for %o with %o', (expected, output, env) => {
    expect(animates(output, env)).toBe(expected);
  });
});

describe('colors', () => {
  it.each<[boolean, TerminalOutput, Environment]>([
    [true, terminal, {}],
    [true, terminal, { NO_COLOR: '', CI: 'true' }],
    [false, terminal, { NO_COLOR: '1' }],
    [false, terminal, { TERM: 'dumb' }],
    [false, terminal, { FORCE_COLOR: '0' }],
    [false, terminal, { FORCE_COLOR: 'false' }],
    [true, terminal, { FORCE_COLOR: '1', NO_COLOR: '1' }],
    [true, file, { FORCE_COLOR: '1' }],
    [true, file, { FORCE_COLOR: 'true', TERM: 'dumb' }],
    [false, file, { FORCE_COLOR: '' }],
    [false, file, {}],
  ])('is %s for %o with %o', (expected, output, env) => {
    expect(colors(output, env)).toBe(expected);
  });
});

describe('columnsOf', () => {
  it('takes 80 where the output does not know', () => {
    expect(columnsOf(file)).toBe(80);
    expect(columnsOf({ ...terminal, columns: 0 })).toBe(80);
    expect(columnsOf({ ...terminal, columns: 132 })).toBe(132);
  });
});

describe('paintFor', () => {
  it('switches one rendition on and off again, around something', () => {
    expect(paintFor(true)('red', 'no')).toBe('\x1b[31mno\x1b[39m');
    expect(paintFor(true)('bold', 'no')).toBe('\x1b[1mno\x1b[22m');
    expect(paintFor(true)('red', '')).toBe('');
    expect(paintFor(false)('red', 'no')).toBe('no');
  });
});

/** A terminal that understands what the live area writes, and throws at anything else. */
class Screen {
  readonly isTTY = true;
  columns: number;
  rows: string[] = [''];
  #row = 0;
  #column = 0;
  cursorShown = true;
  writes = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    this.writes++;
    for (const [token] of text.matchAll(/\x1b\[\??\d*[a-zA-Z]|[\s\S]/g)) this.#take(token);
  }

  #take(token: string): void {
    const up = /^\x1b\[(\d+)A$/.exec(token);
    if (up !== null) {
      this.#row -= Number(up[1]);
      if (this.#row < 0) throw new Error('the cursor left the screen');
    } else if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#newRow();
    else if (token === '\x1b[K') this.#cutRow();
    else if (token === '\x1b[J') {
      this.#cutRow();
      this.rows.length = this.#row + 1;
    } else if (token === '\x1b[?25l') this.cursorShown = false;
    else if (token === '\x1b[?25h') this.cursorShown = true;
    else if (/^\x1b\[\d+m$/.test(token)) return;
    else if (token.startsWith('\x1b')) throw new Error(`unknown sequence ${JSON.stringify(token)}`);
    else this.#put(token);
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#newRow();
    const row = this.rows[this.#row]!.padEnd(this.#column);
    this.rows[this.#row] = row.slice(0, this.#column) + character + row.slice(this.#column + 1);
    this.#column++;
  }

  #cutRow(): void {
    this.rows[this.#row] = this.rows[this.#row]!.slice(0, this.#column);
  }

  #newRow(): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.rows.length) this.rows.push('');
  }

  /** Breaks every line that is too long now, as terminals do when their window gets narrower. */
  narrow(columns: number): void {
    const broken = this.rows.map((row) => row.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
    this.#row = broken.slice(0, this.#row).flat().length;
    this.rows = broken.flat();
    this.columns = columns;
  }
}

const line = fc
  .string({ unit: fc.constantFrom('a', 'b', '━', ' '), minLength: 1, maxLength: 19 })
  .map((s) => `${s}|`);
const frame = fc.array(line, { minLength: 1, maxLength: 4 });

describe('LiveArea', () => {
  it('shows the last frame alone, whatever was drawn before, below what was there', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 6 }), (frames) => {
        const screen = new Screen(20);
        screen.write('before\n');
        const area = new LiveArea(screen);
        for (const lines of frames) area.draw(lines);
        expect(screen.rows).toEqual(['before', ...frames.at(-1)!, '']);
        expect(screen.cursorShown).toBe(false);
      }),
    );
  });

  it('makes room for other text and goes on below it', () => {
    const screen = new Screen(20);
    const area = new LiveArea(screen);
    area.draw(['one', 'two']);
    area.erase();
    screen.write('a line\n');
    area.draw(['three']);
    expect(screen.rows).toEqual(['a line', 'three', '']);
  });

  it('erases nothing where nothing stands', () => {
    const screen = new Screen(20);
    const area = new LiveArea(screen);
    area.erase();
    area.draw(['one']);
    area.erase();
    const { writes } = screen;
    area.erase();
    expect(screen.writes).toBe(writes);
  });

  it('leaves no remains when the window became narrower', () => {
    fc.assert(
      fc.property(frame, frame, fc.integer({ min: 3, max: 19 }), (before, after, columns) => {
        const screen = new Screen(21);
        screen.write('x\n');
        const area = new LiveArea(screen);
        area.draw(before);
        screen.narrow(columns);
        const lines = after.map((text) => text.slice(0, columns - 1));
        area.draw(lines);
        expect(screen.rows).toEqual(['x', ...lines, '']);
      }),
    );
  });

  it('measures painted lines without their colours', () => {
    const screen = new Screen(10);
    const paint = paintFor(true);
    const area = new LiveArea(screen);
    area.draw([paint('red', '123456789')]);
    area.draw([paint('dim', 'abc')]);
    expect(screen.rows).toEqual(['abc', '']);
  });

  it('gives the cursor back, once', () => {
    const screen = new Screen(20);
    const area = new LiveArea(screen);
    area.draw(['one', 'two']);
    area.close(['done']);
    expect(screen.rows).toEqual(['done', '']);
    expect(screen.cursorShown).toBe(true);
    const { writes } = screen;
    area.close(['again']);
    expect(screen.writes).toBe(writes);
  });

  it('draws a frame in one write', () => {
    const screen = new Screen(20);
    new LiveArea(screen).draw(['one', 'two', 'three']);
    expect(screen.writes).toBe(1);
  });
});
