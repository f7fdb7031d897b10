// Requests as they went over the wire, for archives: written by the same code once more, less the values that open doors.

import type { Settings } from '../model/options.ts';
import type { Origin } from '../model/origin.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import type { Request } from '../model/request.ts';
import { expectsContinue } from '../transport/http1/outgoing-body.ts';
import { RequestHeads } from '../transport/http1/request-head.ts';
import { SECRET_HEADERS } from './session-core.ts';

export type SentHeadSettings = Pick<Settings, 'secretHeaders' | 'expectContinueBytes'>;

export const PLAIN_HEADS: SentHeadSettings = { secretHeaders: [], expectContinueBytes: undefined };
const LOGINS = ['Authorization', 'Cookie', 'Proxy-Authorization'];

/** Gives the request line and header section of the last attempt; `***` stands for each secret. */
export function sentHeads({
  secretHeaders,
  expectContinueBytes,
}: SentHeadSettings): (request: Request) => string {
  const secrets = new Set([...LOGINS, ...SECRET_HEADERS, ...secretHeaders].map((name) => name.toLowerCase()));
  let origin: Origin | undefined;
  let proxy: ProxyServer | undefined;
  let heads: RequestHeads | undefined;
  return (request) => {
    if (heads === undefined || request.origin !== origin || request.proxy !== proxy) {
      ({ origin, proxy } = request);
      heads = new RequestHeads(origin, proxy);
    }
    const expecting = hasContent(request) && expectsContinue(request, expectContinueBytes);
    return withoutSecrets(heads.write(request, expecting), secrets);
  };
}

function hasContent({ body, stream }: Request): boolean {
  return stream !== undefined || (body?.length ?? 0) > 0;
}

function withoutSecrets(head: string, secrets: ReadonlySet<string>): string {
  return head.replace(/^([^:\r\n]+):[^\r\n]*/gm, (line, name: string) =>
    secrets.has(name.toLowerCase()) ? `${name}: ***` : line,
  );
}
