// What went wrong between a proxy and us. Its message names the proxy without its credentials and says what to do.

export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly kind = 'proxy';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
