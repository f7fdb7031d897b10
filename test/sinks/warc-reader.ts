// Reads archives with the warcio package, checks every digest with code of its own, and says what is in them.

import { createHash } from 'node:crypto';

/** What is used of the package, whose own types need those of browsers. */
interface Warcio {
  readonly WARCParser: new (
    source: readonly Uint8Array[],
    options?: { readonly parseHttp: boolean },
  ) => AsyncIterable<{
    readonly warcType: string | null;
    readonly warcHeaders: { readonly headers: Iterable<[string, string]> };
    readonly httpHeaders: { readonly statusCode: string | number } | null;
    readFully(decoded: boolean): Promise<Uint8Array>;
  }>;
}
const PACKAGE: string = 'warcio';
const { WARCParser } = (await import(PACKAGE)) as Warcio;

export interface ArchiveRecord {
  readonly type: string;
  /** Named fields of the record; of several with one name, the last. */
  readonly fields: ReadonlyMap<string, string>;
  /** All of it, a character for each octet. */
  readonly block: string;
  /** What stands behind the HTTP header section. */
  readonly payload: Buffer;
  /** As the package gives it: content codings undone. */
  readonly content: string;
  readonly status: number | undefined;
}

/** Throws where a record is not whole, a digest is wrong or a record names another that is not there. */
export async function readArchive(bytes: Buffer): Promise<ArchiveRecord[]> {
  const records: ArchiveRecord[] = [];
  const raw: Buffer[] = [];
  for await (const record of new WARCParser([bytes], { parseHttp: false })) {
    raw.push(Buffer.from(await record.readFully(false)));
  }
  for await (const record of new WARCParser([bytes])) {
    const block = raw[records.length]!;
    const fields = new Map(
      [...record.warcHeaders.headers].map(([name, value]) => [name.toLowerCase(), value]),
    );
    const end = block.indexOf('\r\n\r\n');
    const payload = record.httpHeaders ? block.subarray(payloadStart(block, end)) : block;
    if (Number(fields.get('content-length')) !== block.length) throw new Error('a record of another length');
    check(fields.get('warc-block-digest'), block);
    if (fields.has('warc-payload-digest')) check(fields.get('warc-payload-digest'), payload);
    records.push({
      ...{ type: String(record.warcType), fields, payload },
      block: block.toString('latin1'),
      content: Buffer.from(await record.readFully(true)).toString(),
      status: record.httpHeaders === null ? undefined : Number(record.httpHeaders.statusCode),
    });
  }
  if (records.length !== raw.length) throw new Error(`${records.length} records, and ${raw.length}`);
  checkNames(records);
  return records;
}

/** Of the outcomes, in their order. */
export function indicesOf(records: readonly ArchiveRecord[]): number[] {
  return records.flatMap(({ fields }) => fields.get('warc-flurry-index') ?? []).map(Number);
}

/** A head may end its lines with LF alone. */
function payloadStart(block: Buffer, end: number): number {
  const bare = block.indexOf('\n\n');
  if (end === -1 && bare === -1) throw new Error('a header section without an end');
  return end === -1 || (bare !== -1 && bare < end) ? bare + 2 : end + 4;
}

function check(digest: string | undefined, bytes: Buffer): void {
  const expected = `sha1:${base32(createHash('sha1').update(bytes).digest('hex'))}`;
  if (digest !== expected) throw new Error(`digest ${digest} of what is ${expected}`);
}

/** By the letter of RFC 4648 section 6: groups of five bits. */
function base32(hex: string): string {
  const bits = [...hex].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return bits.replace(/.{5}/g, (five) => letters[Number.parseInt(five, 2)]!);
}

function checkNames(records: readonly ArchiveRecord[]): void {
  const ids = new Set<string>();
  for (const { type, fields } of records) {
    const id = fields.get('warc-record-id')!;
    if (!/^<urn:uuid:[0-9a-f-]{36}>$/.test(id) || ids.has(id)) throw new Error(`record ${id}`);
    ids.add(id);
    const info = fields.get('warc-warcinfo-id');
    if (type !== 'warcinfo' && !ids.has(info ?? '')) throw new Error(`no warcinfo ${info} before ${id}`);
    const beside = fields.get('warc-concurrent-to');
    if (beside !== undefined && !ids.has(beside)) throw new Error(`no ${beside} before ${id}`);
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(fields.get('warc-date') ?? ''))
      throw new Error(`date of ${id}`);
  }
}
