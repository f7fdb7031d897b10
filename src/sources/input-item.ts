// One item of an input to a request, or to the failure that stands in its place. Never lets a secret be shown.

import { InvalidRequest } from '../model/invalid.ts';
import { shown } from '../model/origin.ts';
import { Failure } from '../model/outcome.ts';
import type { Request, RequestFactory, RequestInput } from '../model/request.ts';
import { byteSize } from '../model/text.ts';

export const NOT_UTF8 = 'not UTF-8; convert the input, for example with iconv -f LATIN1 -t UTF-8';

export function requestOrFailure(
  factory: RequestFactory,
  index: number,
  input: RequestInput,
  line: number | undefined,
): Request | Failure {
  try {
    return factory.from(index, input);
  } catch (error) {
    return Failure.ofInput(index, shownInput(input), reasonOf(error), line);
  }
}

/** Why an item is no request. What is not an InvalidRequest comes from the item itself, such as from a getter. */
export function reasonOf(error: unknown): string {
  if (error instanceof InvalidRequest) return error.message;
  return `no request: ${error instanceof Error ? error.message : String(error)}`;
}

export function overlongReason(lineBytesMax: number): string {
  return `longer than ${byteSize(lineBytesMax)}; --input-line-max raises the limit`;
}

/** The start of a line that was cut off. Its last piece may be half of a user name and password, so it goes. */
export function shownHead(head: string): string {
  return shown(head.replace(/\/\/[^/?#]*$/, '//'));
}

/** What is shown of an item: its URL alone, as header fields and bodies may hold secrets. */
export function shownInput(input: unknown): string {
  if (typeof input === 'string') return shown(input);
  if (typeof input !== 'object' || input === null) return shown(String(input));
  if (input instanceof URL) return shown(input.href);
  return shownUrlOf(input);
}

function shownUrlOf(item: object): string {
  try {
    const url = (item as { readonly url?: unknown }).url;
    if (typeof url === 'string') return shown(url);
    return url instanceof URL ? shown(url.href) : '';
  } catch {
    // A getter that throws has said so in the reason already.
    return '';
  }
}
