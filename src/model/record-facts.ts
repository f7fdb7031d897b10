// What a record says of its request, whatever file it was read from; record.schema.json has the whole of it.

export interface RecordFacts {
  readonly index: number;
  readonly url: string;
  readonly method: string;
  /** The authority of the URL, such as `example.com` or `127.0.0.1:8080`; empty where it has none. */
  readonly host: string;
  /** Undefined where no response came. */
  readonly status: number | undefined;
  readonly ms: number;
  /** Of the body. */
  readonly bytes: number;
  readonly attempts: number;
  /** In place of a status. */
  readonly error: ErrorFacts | undefined;
}

export interface ErrorFacts {
  readonly phase: string;
  readonly kind: string;
  readonly message: string;
  readonly sent: string;
  /** Of the response that is not what was expected. */
  readonly status: number | undefined;
}

/** As fetch has it. */
export function isOk({ status }: Pick<RecordFacts, 'status'>): boolean {
  return status !== undefined && status >= 200 && status < 300;
}
