// What all pictures have in common: their colours, their letters, a white page with a title, and text that stays text.

export const INK = '#1b1f24';
export const QUIET = '#667085';
export const FAINT = '#e6e9ef';

/** The first is what a picture is drawn with where it is made into dots; elsewhere the reader's own will do. */
const FONT_FAMILY = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";
const TITLE_LETTERS_MAX = 84;

export interface Page {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly subtitle: string;
}

/** An SVG document. `parts` are its elements. */
export function page({ width, height, title, subtitle }: Page, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="${FONT_FAMILY}" fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="24" y="36" font-size="19" font-weight="600">${escaped(shortened(title, TITLE_LETTERS_MAX))}</text>`,
    `<text x="24" y="60" font-size="13.5" fill="${QUIET}">${escaped(subtitle)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('');
}

export function placed(x: number, y: number, element: string): string {
  return `<g transform="translate(${x} ${y})">${element}</g>`;
}

/** What an axis counts, at its end and not along it: read without turning one's head. */
export function heading(
  text: string,
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  return `<text x="${x}" y="${y}" font-size="13" fill="${QUIET}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character]!).replace(/[\u0000-\u001f\u007f]/g, ' ');
}
