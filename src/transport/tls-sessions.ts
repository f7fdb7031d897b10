// TLS sessions to resume (RFC 8446 section 2.2): the newest of each server, offered to it on the next connection. They
// hold key material and stay in memory. What a session was made with is not checked here: one store, one TLS setting.

const SESSIONS_MAX = 1_000;
/** A server chooses the size of its tickets; a session holds its certificate too. */
const SESSION_BYTES_MAX = 16 * 1024;

export class TlsSessions {
  /** The one used longest ago first. */
  readonly #sessions = new Map<string, Buffer>();
  readonly #max: number;

  constructor(max = SESSIONS_MAX) {
    this.#max = max;
  }

  take(server: string): Buffer | undefined {
    const session = this.#sessions.get(server);
    if (session === undefined) return undefined;
    this.#sessions.delete(server);
    this.#sessions.set(server, session);
    return session;
  }

  put(server: string, session: Buffer): void {
    if (session.length > SESSION_BYTES_MAX) return;
    this.#sessions.delete(server);
    this.#sessions.set(server, session);
    if (this.#sessions.size > this.#max) this.#sessions.delete(this.#sessions.keys().next().value!);
  }

  /** A handshake that offered this session has failed; a newer one stays. */
  drop(server: string, session: Buffer): void {
    if (this.#sessions.get(server) === session) this.#sessions.delete(server);
  }

  /** Without names and keys. */
  toString(): string {
    return `${this.#sessions.size} TLS sessions`;
  }
}
