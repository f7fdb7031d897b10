// An SVG document as a PNG, by resvg, which brings no fonts: it is given the files of one. Load this file only where a
// picture is wanted.

import { Resvg } from '@resvg/resvg-js';

/** Twice as many dots as units: sharp on the screens of today. */
const SCALE = 2;

/** `fontFiles`: of the first font in the document's list of families. */
export function pngOf(svg: string, fontFiles: readonly string[]): Buffer {
  const picture = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: SCALE },
    font: { loadSystemFonts: false, fontFiles: [...fontFiles], defaultFontFamily: 'Inter' },
  });
  return picture.render().asPng();
}
