// The errors that the Fetch Standard has for what fails on the way: a TypeError, with the reason as its cause. Their
// messages are those of Node's own fetch, which libraries compare with.

/** No response came. */
export function networkError(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

/** The response had begun, and its body did not come whole. */
export function bodyError(cause: unknown): TypeError {
  return new TypeError('terminated', { cause });
}
