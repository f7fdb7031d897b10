// Which codings a body went through, as Content-Encoding says (RFC 9110 section 8.4), and which of them can be undone
// here. Never looks at content.

import { canDecodeZstd } from './coding-engine.ts';
import { type DecodeFault, type DecodingLimits, tooLarge, undecodable } from './coding-limits.ts';

/** Names in the order in which they were applied, lower case; what is unknown here stands in it as it was sent. */
export type Codings = readonly string[];

const NONE: Codings = [];
/** RFC 9110 section 8.4.1: recipients take these for the names without x-. */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ['x-gzip', 'gzip'],
  ['x-compress', 'compress'],
]);
/** What nearly every response says; it is asked for each. */
const USUAL: ReadonlyMap<string, Codings> = new Map([
  ['', NONE],
  ['gzip', ['gzip']],
  ['br', ['br']],
  ['deflate', ['deflate']],
  ['zstd', ['zstd']],
]);
const DECODABLE: ReadonlySet<string> = new Set(['gzip', 'deflate', 'br', ...(canDecodeZstd ? ['zstd'] : [])]);
const SHOWN_LENGTH_MAX = 60;

/** What Accept-Encoding may say on this Node: what can be decoded. */
export const ACCEPT_ENCODING: string = [...DECODABLE].join(', ');

/** Takes the value of Content-Encoding, several lines joined by `, `. Empty elements and `identity` say nothing. */
export function contentCodings(fieldValue: string): Codings {
  const usual = USUAL.get(fieldValue);
  if (usual !== undefined) return usual;
  const codings: string[] = [];
  for (const element of fieldValue.split(',')) {
    const name = element.trim().toLowerCase();
    if (name !== '' && name !== 'identity') codings.push(OLD_NAMES.get(name) ?? name);
  }
  return codings;
}

/** Why a body with content and these codings is not even tried, or undefined. */
export function refusal(codings: Codings, limits: DecodingLimits): DecodeFault | undefined {
  if (codings.length > limits.codingsMax) {
    return tooLarge(
      `${codings.length} content codings, beyond the limit of ${limits.codingsMax} (codingsMax)`,
    );
  }
  const unknown = codings.find((coding) => !DECODABLE.has(coding));
  if (unknown === undefined) return undefined;
  if (unknown === 'zstd') {
    return undecodable(
      `content in zstd, which Node ${process.versions.node} cannot decode; use Node 22.15 or 23.8 or later`,
    );
  }
  const shown = JSON.stringify(unknown.slice(0, SHOWN_LENGTH_MAX));
  return undecodable(`content in the coding ${shown}, which is not one of ${ACCEPT_ENCODING}`);
}
