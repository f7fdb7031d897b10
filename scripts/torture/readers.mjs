// Reads back what a run has left, with other means than flurry's own where there are any: each record as its index, its
// status, its body as text, the kind of its error, in the order of the output.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as zlib from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { ZstdFrames } from '../../build/session/coding-zstd-frames.js';

export function readJsonLines(path) {
  return jsonLines(readFileSync(path, 'utf8'), path);
}

export function readJsonLinesGzip(path) {
  return jsonLines(zlib.gunzipSync(readFileSync(path)).toString(), path);
}

export function readJsonLinesZstd(path) {
  return jsonLines(unzstd(readFileSync(path)).toString(), path);
}

/** Frame by frame: Node's decoder forgets those behind the first. */
function unzstd(bytes) {
  const contents = [];
  for (let from = 0; from < bytes.length; ) {
    const frames = new ZstdFrames();
    const length = frames.advance(bytes.subarray(from));
    if (frames.broken || !frames.between) throw new Error(`no whole frame of zstd from octet ${from} on`);
    contents.push(zlib.zstdDecompressSync(bytes.subarray(from, from + length)));
    from += length;
  }
  return Buffer.concat(contents);
}

export function readCsv(path) {
  return csv(readFileSync(path, 'utf8'), path);
}

export function readCsvGzip(path) {
  return csv(zlib.gunzipSync(readFileSync(path)).toString(), path);
}

export async function readParquet(path) {
  const bytes = readFileSync(path);
  const file = {
    byteLength: bytes.length,
    slice: async (from, to) =>
      bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + (to ?? bytes.length)),
  };
  return (await parquetReadObjects({ file })).map((row) => fromRow(row, path));
}

export async function readSqlite(path) {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare('SELECT * FROM records ORDER BY rowid')
      .all()
      .map((row) => fromRow(row, path));
  } finally {
    database.close();
  }
}

export async function readWarc(path) {
  const { WARCParser } = await import('warcio');
  const records = [];
  const parser = new WARCParser(new Blob([readFileSync(path)]).stream());
  for await (const record of parser) {
    if (record.warcType !== 'response') continue;
    const index = Number(/\/n\/(\d+)$/.exec(record.warcTargetURI ?? '')?.[1]);
    const body = await record.contentText();
    records.push({ index, status: Number(record.httpHeaders.statusCode), body, error: undefined });
  }
  return records;
}

function jsonLines(text, path) {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error(`${path} does not end with a line feed`);
  return lines.map((line) => {
    const { index, status, body, bodyFile: file, error } = JSON.parse(line);
    const content = file === undefined ? bodyText(body) : readFileSync(join(dirname(path), file), 'utf8');
    return { index, status, body: content, error, file };
  });
}

function csv(text, path) {
  return parse(text, { columns: true }).map((row) => fromRow(row, path));
}

/** Of a table: everything by its column, and nothing is an empty text or null. */
function fromRow(row, path) {
  const error = isNothing(row.error_kind)
    ? undefined
    : { phase: row.error_phase, kind: row.error_kind, sent: row.error_sent, message: row.error_message };
  const file = isNothing(row.body_file) ? undefined : row.body_file;
  const body = file === undefined ? row.body : readFileSync(join(dirname(path), file), 'utf8');
  return {
    index: Number(row.index),
    status: isNothing(row.status) ? undefined : Number(row.status),
    body: isNothing(body) ? undefined : body,
    ...{ error, file },
  };
}

function isNothing(value) {
  return value === undefined || value === null || value === '';
}

function bodyText(body) {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
}
