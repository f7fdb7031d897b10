// Inputs for the tests of this room: bytes in chunks of any size, and a plain factory.

import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { RequestFactory } from '../../src/model/request.ts';
import type { Form } from '../../src/sources/form.ts';
import type { InputOptions } from '../../src/sources/input-source.ts';
import type { Item } from '../contract/source.ts';

export const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

export const OPTIONS: InputOptions = { name: 'input', format: 'auto', lineBytesMax: 1 << 20, factory };

/** The bytes cut at these places; places beyond the end and equal ones give empty chunks. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const place of [...places].sort((a, b) => a - b)) {
    chunks.push(bytes.subarray(from, Math.max(from, place)));
    from = Math.max(from, place);
  }
  chunks.push(bytes.subarray(from));
  return chunks;
}

export function inPieces(bytes: Buffer, pieceBytes: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) chunks.push(bytes.subarray(at, at + pieceBytes));
  return chunks;
}

export async function* streamOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** A text as a stream of small chunks. */
export function textStream(text: string, pieceBytes = 7): AsyncGenerator<Uint8Array> {
  return streamOf(inPieces(Buffer.from(text), pieceBytes));
}

/** Everything a form makes of these chunks. */
export function itemsOf(form: Form, chunks: Iterable<Buffer>): Item[] {
  const items: Item[] = [];
  const take = () => {
    for (let item = form.next(items.length); item !== undefined; item = form.next(items.length)) {
      items.push(item);
    }
  };
  for (const chunk of chunks) {
    form.push(chunk);
    take();
  }
  form.finish();
  take();
  return items;
}
