// Which colour a peer has in every picture: its language's, and flurry's own.

export const FLURRY = '#14804a';

const BY_LANGUAGE = {
  Python: '#2f6fb5',
  TypeScript: '#c98a04',
  JavaScript: '#c98a04',
  Go: '#0e8fa8',
  C: '#7a828f',
  Rust: '#b4532a',
};
const OTHERS = ['#8e5bc4', '#c0476d', '#5a7d2a'];

/** A function from peer to colour. Languages without one of their own take the others in turn. */
export function paletteOf(peers) {
  const own = { ...BY_LANGUAGE };
  let next = 0;
  for (const { language } of peers) own[language] ??= OTHERS[next++ % OTHERS.length];
  return ({ flurry, language }) => (flurry ? FLURRY : own[language]);
}

/** flurry's stand apart, and so do programs that look at no body. */
export function groupOf({ flurry, floor, language }) {
  if (flurry) return 'flurry';
  return floor ? `${language}, looks at no body` : language;
}
