// What a kind of failure means and what to do about it, in a few words. The records hold the particulars.

import type { Kind, Phase } from '../model/outcome.ts';

const BY_KIND: Readonly<Record<Kind, string>> = {
  invalid: 'no request; the record says why',
  timeout: 'no answer in time (--max-time)',
  refused: 'nothing listens there',
  reset: 'the peer broke the connection',
  closed: 'the peer closed before the response was whole',
  unreachable: 'no way to that address from here',
  'not-found': 'the name has no address',
  resources: 'this machine ran out of descriptors or ports; lower --concurrency',
  certificate: 'not accepted; the record says why; --cacert names whom to trust, -k trusts anyone',
  proxy: 'the proxy refused, or is none; the record says why',
  protocol: 'what came was not HTTP as it was asked for',
  'too-large': 'more than a limit on responses allows; the record names it',
  unexpected: 'not what --fail-on expects of a response',
  'host-down': 'its host does not answer any more (--max-host-errors, --host-down)',
  aborted: 'stopped before it was done',
  unknown: 'the record says more',
};

/** Where the phase says more than the kind alone. */
const BY_BOTH: { readonly [K in `${Phase}/${Kind}`]?: string } = {
  'queue/timeout': 'waited too long for a free slot',
  'dns/timeout': 'the name server did not answer in time (--dns-timeout)',
  'connect/timeout': 'no TCP handshake in time (--connect-timeout)',
  'tls/timeout': 'no TLS handshake in time (--tls-timeout)',
  'connect/protocol': 'the proxy does not speak what its scheme says; the record says more',
  'tls/protocol': 'no TLS with what answered; the record says why',
  'send/timeout': 'the peer stopped reading (--idle-timeout)',
  'headers/timeout': 'no answer in time (--first-byte-timeout, --max-time)',
  'body/timeout': 'the body did not come in time (--idle-timeout, --max-time)',
};

/** For `phase/kind`; empty for one that this version does not know. */
export function hintFor(error: string): string {
  const kind = error.slice(error.indexOf('/') + 1);
  const both = BY_BOTH[error as `${Phase}/${Kind}`];
  return both ?? (Object.hasOwn(BY_KIND, kind) ? BY_KIND[kind as Kind] : '');
}
