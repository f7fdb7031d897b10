// The Link field (RFC 8288): links that stand in a header section. Takes values apart; resolves and judges nothing.

/** One link as it was written. */
export interface LinkValue {
  /** What stood between `<` and `>`: a URL, most often relative. */
  readonly target: string;
  /** Names in lower case, quoted strings unquoted; of several with one name the first. */
  readonly params: ReadonlyMap<string, string>;
}

/** Beyond any that was meant; what is longer is not looked at. */
const FIELD_LENGTH_MAX = 65_536;
const GAP = /[ \t,]*/y;
const TARGET = /<([^>]*)>/y;
/** A name, and perhaps a value: a quoted string, one that nothing closes, or text up to the next separator. */
const PARAM = /[ \t]*;[ \t]*([^ \t=;,]*)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)(?:"|\\?$)|([^;,]*)))?/sy;

/**
 * The links of Link fields, several in one or one in each, up to `max`, as section B.2 reads them: what is no link ends
 * its field, and the links in front of it count.
 */
export function parseLinkHeader(values: readonly string[], max: number): LinkValue[] {
  const links: LinkValue[] = [];
  for (const value of values) if (value.length <= FIELD_LENGTH_MAX) parseField(value, links, max);
  return links;
}

function parseField(field: string, links: LinkValue[], max: number): void {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (links.length < max) {
    take(GAP);
    const target = take(TARGET);
    if (target === null) return;
    const params = new Map<string, string>();
    for (let param = take(PARAM); param !== null; param = take(PARAM)) {
      const name = param[1]!.toLowerCase();
      const text = param[2]?.replace(/\\(.)/gs, '$1') ?? param[3] ?? '';
      if (name !== '' && !params.has(name)) params.set(name, text.trim());
    }
    links.push({ target: target[1]!, params });
  }
}
