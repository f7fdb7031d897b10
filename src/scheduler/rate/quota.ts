// What a server says about its limits: the RateLimit fields of the IETF draft in its several forms, and the families
// that came before it. Reads header sections; decides nothing, and takes nothing from fields that are malformed.
//
//   RateLimit: "default";r=50;t=30           RateLimit-Policy: "default";q=100;w=60       draft 8 and later
//   RateLimit: limit=100, remaining=50, reset=30         RateLimit-Policy: 100;w=60       draft 7
//   RateLimit-Limit: 100   RateLimit-Remaining: 50   RateLimit-Reset: 30                  drafts before
//   X-RateLimit-…  X-Rate-Limit-…      as GitHub, Twitter, Reddit, Discord and many more have them

import { parseHttpDate } from './http-date.ts';
import { type BareItem, type Member, parseMembers } from './structured-field.ts';

export interface Quota {
  /** Requests that may still be sent; a bucket may tell fractions. */
  readonly remaining: number;
  /** Of how many; undefined where the server does not say. */
  readonly limit: number | undefined;
  /** Within which time. */
  readonly windowMs: number | undefined;
  /** From now until there are more. */
  readonly resetMs: number;
}

/** Below this share of the limit what remains is scarce. */
export const SCARCE_SHARE = 0.2;
/** Some sell by the month. */
const RESET_MS_MAX = 31 * 86_400_000;
const COUNT_MAX = 1e12;
const FIELDS_MAX = 32;

const TELLS = /(?:^|\n)(?:x-)?rate-?limit[a-z-]*:/i;
const FIELD = /(?:^|\n)((?:x-)?rate-?limit(?:-[a-z-]+)?|date):([^\r\n]*)/gi;
const PREFIXES = ['ratelimit', 'x-ratelimit', 'x-rate-limit', 'rate-limit'] as const;

/** Whether a header section says anything about limits. Equal sections have equal answers: worth remembering. */
export function tellsQuota(fieldLines: string): boolean {
  return TELLS.test(fieldLines);
}

/** `wallMs`: milliseconds since 1970, for times that are told as such where the response has no Date. */
export function quotaOf(fieldLines: string, wallMs: number): Quota | undefined {
  const fields = fieldsOf(fieldLines);
  const quotas = fields.has('ratelimit') ? standardQuotas(fields) : [];
  if (quotas.length > 0) return quotas.reduce((one, other) => (isTighter(other, one) ? other : one));
  for (const prefix of PREFIXES) {
    const quota = fields.has(`${prefix}-remaining`) ? familyQuota(fields, prefix, wallMs) : undefined;
    if (quota !== undefined) return quota;
  }
  return undefined;
}

/** True where so little is left that it has to be shared out over the time until there is more. */
export function isScarce(remaining: number, limit: number | undefined): boolean {
  return limit === undefined ? remaining < 1 : remaining < limit * SCARCE_SHARE;
}

/** Of several windows the one to keep to: a scarce one before others, then the one with the longest pauses. */
function isTighter(quota: Quota, than: Quota): boolean {
  const scarce = isScarce(quota.remaining, quota.limit);
  if (scarce !== isScarce(than.remaining, than.limit)) return scarce;
  return quota.resetMs / (quota.remaining + 1) > than.resetMs / (than.remaining + 1);
}

function fieldsOf(fieldLines: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const match of fieldLines.matchAll(FIELD)) {
    if (isFolded(fieldLines, match.index + match[0].length)) continue;
    const name = match[1]!.toLowerCase();
    const before = fields.get(name);
    if (before === undefined && fields.size === FIELDS_MAX) break;
    const value = match[2]!.trim();
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}

/** A line that goes on in the next one (obs-fold) is nothing that a server with limits sends. */
function isFolded(fieldLines: string, endOfLine: number): boolean {
  const next = fieldLines[endOfLine] === '\r' ? endOfLine + 2 : endOfLine + 1;
  return fieldLines[next] === ' ' || fieldLines[next] === '\t';
}

// ── the draft ───────────────────────────────────────────────────────────────────────────────────────────────

function standardQuotas(fields: ReadonlyMap<string, string>): Quota[] {
  const members = parseMembers(fields.get('ratelimit') ?? '');
  if (members === undefined) return [];
  const policies = parseMembers(fields.get('ratelimit-policy') ?? '') ?? [];
  if (members.some(({ key }) => key !== undefined)) {
    const quota = dictionaryQuota(members, policies);
    return quota === undefined ? [] : [quota];
  }
  return members.flatMap((member) => itemQuota(member, policies) ?? []);
}

function itemQuota({ value, parameters }: Member, policies: readonly Member[]): Quota | undefined {
  const policy = policies.find((one) => one.value === value)?.parameters;
  const unit = policy?.get('qu');
  // Bytes and requests at once are other matters.
  if (unit !== undefined && unit !== 'requests' && unit !== 'request') return undefined;
  const windowMs = seconds(policy?.get('w'));
  return made(amount(parameters.get('r')), amount(policy?.get('q')), windowMs, seconds(parameters.get('t')));
}

function dictionaryQuota(members: readonly Member[], policies: readonly Member[]): Quota | undefined {
  const value = (key: string): BareItem | undefined => members.find((one) => one.key === key)?.value;
  const limit = amount(value('limit'));
  const policy = policies.find((one) => one.value === limit) ?? policies[0];
  return made(
    amount(value('remaining')),
    limit,
    seconds(policy?.parameters.get('w')),
    seconds(value('reset')),
  );
}

// ── the families before it ──────────────────────────────────────────────────────────────────────────────────

function familyQuota(fields: ReadonlyMap<string, string>, prefix: string, wallMs: number): Quota | undefined {
  const remaining = firstAmount(fields.get(`${prefix}-remaining`));
  if (remaining === undefined) return undefined;
  const used = firstAmount(fields.get(`${prefix}-used`));
  const limit =
    firstAmount(fields.get(`${prefix}-limit`)) ?? (used === undefined ? undefined : used + remaining);
  const after = seconds(firstAmount(fields.get(`${prefix}-reset-after`)));
  const reset = after ?? untilReset(fields.get(`${prefix}-reset`), fields.get('date'), wallMs);
  return made(remaining, limit, windowOf(fields, prefix), reset);
}

function firstAmount(text: string | undefined): number | undefined {
  return text === undefined ? undefined : amount(parseMembers(text)?.[0]?.value);
}

/** `RateLimit-Limit: 10, 10;w=1` of the first drafts, or the Policy field beside it. */
function windowOf(fields: ReadonlyMap<string, string>, prefix: string): number | undefined {
  for (const name of ['limit', 'policy']) {
    const text = fields.get(`${prefix}-${name}`);
    if (text === undefined || !text.includes(';')) continue;
    for (const { parameters } of parseMembers(text) ?? []) {
      const windowMs = seconds(parameters.get('w') ?? parameters.get('window'));
      if (windowMs !== undefined) return windowMs;
    }
  }
  return undefined;
}

/**
 * A time of day or a span, told apart by size: what is 10⁹ or more would be a span of 31 years and is a time since 1970,
 * in seconds, milliseconds, microseconds or nanoseconds; each of them is a thousand times the one before.
 */
function untilReset(text: string | undefined, date: string | undefined, wallMs: number): number | undefined {
  if (text === undefined) return undefined;
  const n = SPAN_OR_TIME.test(text) ? Number(text) : undefined;
  if (n !== undefined && n < 1e9) return n * 1000;
  const atMs = n === undefined ? dateOf(text, wallMs) : timeOf(n);
  if (atMs === undefined) return undefined;
  const serverMs = (date === undefined ? undefined : parseHttpDate(date, wallMs)) ?? wallMs;
  return Math.max(0, atMs - serverMs);
}

function timeOf(n: number): number {
  if (n < 1e11) return n * 1000;
  if (n < 1e14) return n;
  return n < 1e17 ? n / 1e3 : n / 1e6;
}

function dateOf(text: string, wallMs: number): number | undefined {
  if (!ISO_DATE.test(text)) return parseHttpDate(text, wallMs);
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

const SPAN_OR_TIME = /^\d{1,20}(?:\.\d{1,9})?$/;
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

// ── bounds ──────────────────────────────────────────────────────────────────────────────────────────────────

function made(
  remaining: number | undefined,
  limit: number | undefined,
  windowMs: number | undefined,
  resetMs: number | undefined,
): Quota | undefined {
  const untilMs = resetMs ?? windowMs;
  if (remaining === undefined || untilMs === undefined) return undefined;
  return { remaining, limit, windowMs, resetMs: Math.min(untilMs, RESET_MS_MAX) };
}

/** Below zero is nothing left: some servers go on counting. */
function amount(value: BareItem | undefined): number | undefined {
  return typeof value === 'number' ? Math.min(Math.max(0, value), COUNT_MAX) : undefined;
}

function seconds(value: BareItem | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? Math.min(value * 1000, RESET_MS_MAX) : undefined;
}
