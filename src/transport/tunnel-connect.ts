// CONNECT (RFC 9110 section 9.3.6): what is sent to an HTTP proxy for a tunnel, and what its answer means.

import type { ProxyServer } from '../model/proxy-server.ts';
import type { ResponseHead } from '../model/response-head.ts';
import { HeadParser } from './http1/head-parser.ts';
import { ResponseParser } from './http1/response-parser.ts';
import { ProxyError } from './proxy-error.ts';
import type { ResponseLimits } from './response-limits.ts';
import type { Handshake } from './tunnel.ts';

/** A proxy's answer is short; the options of a run are about servers and may allow far more or far less. */
const LIMITS: ResponseLimits = {
  headerBytesMax: 64 * 1024,
  headerCountMax: 200,
  reasonBytesMax: 1024,
  interimMax: 20,
  bodyBytesMax: 0,
  chunkExtensionBytesMax: 0,
  chunkExtensionTotalBytesMax: 0,
  trailerBytesMax: 0,
};

/** What every answer of a SOCKS proxy begins with; it often closes without the rest that would make a line. */
const SOCKS_VERSION = 5;

export class ConnectHandshake implements Handshake {
  readonly greeting: Buffer;
  readonly #proxy: ProxyServer;
  readonly #target: string;
  readonly #parser: ResponseParser;
  #head: ResponseHead | undefined;
  #begun = false;

  /** `target`: host and port, IPv6 in brackets. */
  constructor(proxy: ProxyServer, target: string) {
    this.#proxy = proxy;
    this.#target = target;
    const login = proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
    const request = `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login}\r\n`;
    this.greeting = Buffer.from(request, 'latin1');
    this.#parser = new ResponseParser(LIMITS, new HeadParser(LIMITS), {
      onInterim: () => {},
      onHead: (head) => {
        this.#head = head;
      },
      onContent: () => undefined,
      onMessage: () => {},
    });
    // Like the answer to HEAD it has no content, whatever its fields say: behind a 2xx comes the tunnel, and what
    // comes behind any other status is not read.
    this.#parser.begin('HEAD');
  }

  take(bytes: Buffer): Buffer | undefined {
    if (!this.#begun && bytes[0] === SOCKS_VERSION) {
      throw new ProxyError(
        `the proxy ${this.#proxy} does not answer CONNECT in HTTP; it may speak SOCKS: try socks5://`,
      );
    }
    this.#begun = true;
    const after = this.#parser.execute(bytes, 0, bytes.length);
    if (this.#parser.fault !== undefined) throw this.#notHttp(this.#parser.fault.message);
    if (this.#head === undefined) return undefined;
    const { status } = this.#head;
    if (status >= 200 && status < 300) return bytes.subarray(after);
    const hint = advice(this.#head, this.#proxy.authorization !== undefined);
    throw new ProxyError(`the proxy ${this.#proxy} answered ${status} to CONNECT ${this.#target}${hint}`);
  }

  #notHttp(what: string): ProxyError {
    return new ProxyError(
      `the proxy ${this.#proxy} answered CONNECT ${this.#target} with ${what}; is it a proxy for HTTP, and is its scheme right (http, https or socks5)?`,
    );
  }
}

function advice(head: ResponseHead, hadLogin: boolean): string {
  switch (head.status) {
    case 407:
      return loginAdvice(head.all('proxy-authenticate').join(', '), hadLogin);
    case 403:
      return '; it does not allow this host or port';
    case 400:
    case 404:
    case 405:
    case 501:
      return '; is it a proxy that makes tunnels?';
    case 500:
    case 502:
    case 503:
    case 504:
      return '; it could not reach the host';
    default:
      return '';
  }
}

function loginAdvice(challenges: string, hadLogin: boolean): string {
  if (challenges !== '' && !/(?:^|[\s,])basic(?:$|[\s,])/i.test(challenges)) {
    return '; it takes no Basic credentials, and no others can be sent to a proxy';
  }
  return hadLogin
    ? '; it does not accept the user and password it was given'
    : "; give user:password with --proxy-user or in the proxy's URL";
}
