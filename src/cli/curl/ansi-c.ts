// One escape of bash's $'…' quoting (Bash Reference Manual, section 3.1.2.4). Knows nothing of what stands around it.

/** What an escape stands for: text, or one octet; and where it ends. */
export interface Escape {
  readonly text: string | undefined;
  readonly octet: number | undefined;
  readonly end: number;
}

const LETTERS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
};

const OCTAL = /[0-7]{1,3}/y;
const HEX = /x([0-9a-fA-F]{1,2})/y;
const CODE_POINT = /u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})/y;
const CONTROL = /c([\x20-\x7e])/y;

/** `at`: behind the backslash. What is no escape stays as it is, its backslash included. */
export function readEscape(text: string, at: number): Escape {
  const letter = text[at] ?? '';
  if (Object.hasOwn(LETTERS, letter)) return { text: LETTERS[letter], octet: undefined, end: at + 1 };
  const octal = matchAt(OCTAL, text, at);
  if (octal !== undefined) return octetTo(Number.parseInt(octal[0], 8) & 0xff, at + octal[0].length);
  const hex = matchAt(HEX, text, at);
  if (hex !== undefined) return octetTo(Number.parseInt(hex[1]!, 16), at + hex[0].length);
  const point = matchAt(CODE_POINT, text, at);
  if (point !== undefined) {
    const code = Number.parseInt(point[1] ?? point[2]!, 16);
    if (code <= 0x10ffff) return textTo(String.fromCodePoint(code), at + point[0].length);
  }
  const control = matchAt(CONTROL, text, at);
  if (control !== undefined) return octetTo(control[1]!.toUpperCase().charCodeAt(0) & 0x1f, at + 2);
  return textTo(`\\${letter}`, at + letter.length);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function octetTo(octet: number, end: number): Escape {
  return { text: undefined, octet, end };
}

function textTo(text: string, end: number): Escape {
  return { text, octet: undefined, end };
}
