// A response as the platform's own Response class has it, so that `instanceof` and all of its methods work. What only
// a network response has (its URL, whether it was redirected) is laid over it, for its clones too.

export interface Answer {
  readonly status: number;
  readonly reason: string;
  /** Names as they came, values as octets (latin1). */
  readonly headers: ReadonlyArray<readonly [string, string]>;
  /** Of the request that was answered in the end, without its fragment. */
  readonly url: string;
  readonly redirected: boolean;
}

/** Statuses that no content comes with (Fetch Standard, "null body status"). */
const NULL_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);
// RFC 9112 section 4: what a reason phrase may hold; the class refuses all else.
const NOT_REASON = /[^\t\x20-\x7e\x80-\xff]/g;

export function hasNullBody(method: string, status: number): boolean {
  return method === 'HEAD' || NULL_BODY.has(status);
}

/** Never throws, whatever the peer sent. `body` is null where the status has none. */
export function webResponse(body: ReadableStream<Uint8Array> | null, answer: Answer): globalThis.Response {
  const { status, reason } = answer;
  const known = status >= 200 && status <= 599;
  const statusText = reason.replace(NOT_REASON, '');
  const init = { status: known ? status : 200, statusText, headers: headersOf(answer.headers) };
  return laidOver(new globalThis.Response(body, init), answer, known);
}

function headersOf(fields: Answer['headers']): Headers {
  try {
    return new Headers(fields as [string, string][]);
  } catch {
    return validOnes(fields);
  }
}

/** What the parser took and the class does not: a field that no caller could have asked for by name. */
function validOnes(fields: Answer['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) {
    try {
      headers.append(name, value);
    } catch {
      // A name or value that the standard does not know is left out; the others stand.
    }
  }
  return headers;
}

function laidOver(response: globalThis.Response, answer: Answer, known: boolean): globalThis.Response {
  const { clone } = response;
  Object.defineProperties(response, {
    url: { value: answer.url, configurable: true },
    redirected: { value: answer.redirected, configurable: true },
    type: { value: 'basic', configurable: true },
    clone: { value: () => laidOver(clone.call(response), answer, known), configurable: true, writable: true },
  });
  // The class is made with statuses of 200 to 599 alone; servers send others, and fetch hands them out.
  if (!known) {
    Object.defineProperties(response, {
      status: { value: answer.status, configurable: true },
      ok: { value: false, configurable: true },
    });
  }
  return response;
}
