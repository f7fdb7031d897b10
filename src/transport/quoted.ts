// What a peer sent, as a message may show it: in quotes, not endless, and with nothing in it that steers a terminal.

const CONTROLS = /[\u007f-\u009f]/g;

export function quoted(text: string, charactersMax = Number.POSITIVE_INFINITY): string {
  const short = text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
  // JSON leaves these as they are.
  return JSON.stringify(short).replace(CONTROLS, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}
