// Takes credentials out of text that is about to be shown. The last line of defence: rooms do so where they know better.

/** `//user:password@` becomes `//***@`, wherever it stands. */
export function redacted(text: string): string {
  return text.replace(/\/\/(?!\*\*\*@)[^\s/?#]*@/g, '//***@');
}
