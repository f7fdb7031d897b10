// Where pieces of a body come from: a web stream, an iterator, a stream of Node's. Each in the one form a reader takes.

import type { Producer } from './promised-reader.ts';

/** What a stream of Node's has besides being iterable. */
interface Destroyable {
  destroy(): unknown;
}

/** Throws where the stream is locked. */
export function streamProducer(stream: ReadableStream<unknown>): Producer {
  const reader = stream.getReader();
  return { next: () => reader.read(), cancel: () => reader.cancel() };
}

export function iteratorProducer(items: AsyncIterable<unknown>): Producer {
  const iterator = items[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    // A stream of Node's hears `return` only when its next piece comes, which may be never.
    cancel: () => (isDestroyable(items) ? items.destroy() : iterator.return?.()),
  };
}

function isDestroyable(items: object): items is Destroyable {
  return 'destroy' in items && typeof items.destroy === 'function';
}
