// Whole responses: a status, a type, a body of known length. Never streams. HEAD and bodiless statuses are node's part:
// it drops the body and keeps the fields.

import type { ServerResponse } from 'node:http';

/** Fields as node takes them unparsed: name, value, name, value. */
export type Fields = readonly string[];

const NO_FIELDS: Fields = [];
const JSON_TYPE = 'application/json; charset=utf-8';

export function reply(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  fields: Fields = NO_FIELDS,
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(status, ['Content-Type', type, 'Content-Length', String(length), ...fields]);
  response.end(body);
}

/** JSON that is ASCII alone, so that its characters are its bytes: the cheapest reply. */
export function replyAscii(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, ['Content-Type', JSON_TYPE, 'Content-Length', String(json.length)]);
  response.end(json, 'latin1');
}

export function replyJson(response: ServerResponse, status: number, value: unknown, fields?: Fields): void {
  reply(response, status, JSON_TYPE, JSON.stringify(value), fields);
}

export function replyHtml(response: ServerResponse, html: string): void {
  reply(response, 200, 'text/html; charset=utf-8', html);
}

/** A sentence for people, and where to read on. */
export function replyText(response: ServerResponse, status: number, text: string, fields?: Fields): void {
  reply(response, status, 'text/plain; charset=utf-8', `${text}\n`, fields);
}

/** Text that stands in HTML as itself. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
