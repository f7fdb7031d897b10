// The content of the response that is being inspected, decoded once and only when something asks for it.

import type { Response } from '../model/outcome.ts';

/**
 * Octets of a body that are looked at. A longer one is cut for regular expressions, whose time grows with the text,
 * and is not taken for JSON, of which hostile octets make objects that take 25 times their memory.
 */
export const LOOKED_AT_BYTES_MAX = 16 * 1024 * 1024;

/** One for a run: it turns from response to response. */
export class Content {
  #response: Response | undefined;
  #text: string | undefined;
  #json: unknown;
  #jsonIsRead = false;

  turnTo(response: Response): void {
    if (this.#response === response) return;
    this.forget();
    this.#response = response;
  }

  /** Keeps nothing alive longer than it is needed. */
  forget(): void {
    this.#response = undefined;
    this.#text = undefined;
    this.#json = undefined;
    this.#jsonIsRead = false;
  }

  get text(): string {
    this.#text ??= textOf(this.#response!);
    return this.#text;
  }

  /** Undefined where it is no JSON, of which no value is undefined. */
  get json(): unknown {
    if (!this.#jsonIsRead) {
      this.#json = jsonOf(this.#response!);
      this.#jsonIsRead = true;
    }
    return this.#json;
  }
}

function textOf(response: Response): string {
  const { body } = response;
  if (body.length <= LOOKED_AT_BYTES_MAX) return response.text();
  return response.withBody(body.subarray(0, LOOKED_AT_BYTES_MAX)).text();
}

function jsonOf(response: Response): unknown {
  if (response.body.length > LOOKED_AT_BYTES_MAX) return undefined;
  try {
    return response.json();
  } catch {
    return undefined;
  }
}
