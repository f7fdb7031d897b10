// Requests as they went over the wire, for archives: written by the same code once more, less the values that open doors.

import type { Settings } from '../model/options.ts';
import type { Origin } from '../model/origin.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import type { Request } from '../model/request.ts';
import { RequestHeads } from '../transport/http1/request-head.ts';
import { expectsContinue, hasContent } from '../transport/outgoing-body.ts';
import { secretHeaders } from './secret-headers.ts';

export type SentHeadSettings = Pick<Settings, 'secretHeaders' | 'expectContinueBytes'>;

export const PLAIN_HEADS: SentHeadSettings = { secretHeaders: [], expectContinueBytes: undefined };
const LOGINS = ['authorization', 'cookie', 'proxy-authorization'];

/** Gives the request line and header section of the last attempt; `***` stands for each secret. */
export function sentHeads(settings: SentHeadSettings): (request: Request) => string {
  const { expectContinueBytes } = settings;
  const secrets = new Set([...LOGINS, ...secretHeaders(settings)]);
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

function withoutSecrets(head: string, secrets: ReadonlySet<string>): string {
  return head.replace(/^([^:\r\n]+):[^\r\n]*/gm, (line, name: string) =>
    secrets.has(name.toLowerCase()) ? `${name}: ***` : line,
  );
}
