// What is wrong with a template, shown under the exact spot. Never shows the password of a URL.

const SHOWN_MAX = 120;
const USERINFO = /\/\/([^/?#]*)@/;

/** A template or a variable that cannot be expanded. The message says what to type, and a caret shows where. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  /** What was read, with the userinfo of a URL as `***`. */
  readonly text: string;
  /** Where in `text` the trouble stands, from 0. */
  readonly position: number;

  constructor(problem: string, text: string, position: number) {
    const spot = withoutUserinfo(text, position);
    super(`${problem}\n${caretLines(spot.text, spot.position)}`);
    this.text = spot.text;
    this.position = spot.position;
  }
}

/** Userinfo is a secret; what stands behind it moves, and a caret inside of it goes to its start. */
function withoutUserinfo(text: string, position: number): { text: string; position: number } {
  const match = USERINFO.exec(text);
  if (match === null) return { text, position };
  const start = match.index + 2;
  const end = start + match[1]!.length;
  const masked = `${text.slice(0, start)}***${text.slice(end)}`;
  if (position < start) return { text: masked, position };
  return { text: masked, position: position < end ? start : position - (end - start) + 3 };
}

/** Two indented lines: the text (of a long one, what stands around the spot) and the caret. */
function caretLines(text: string, position: number): string {
  const from = text.length <= SHOWN_MAX ? 0 : Math.max(0, position - SHOWN_MAX / 2);
  const to = Math.min(text.length, from + SHOWN_MAX);
  const before = (from > 0 ? '…' : '') + oneLine(text.slice(from, position));
  const after = oneLine(text.slice(position, to)) + (to < text.length ? '…' : '');
  return `  ${before}${after}\n  ${' '.repeat(before.length)}^`;
}

/** A control character would move the caret, or the cursor. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ');
}
