// Pinned keys and certificates: whose signature they bear does not matter, and -k does not skip them.

import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/model/option-kinds.ts';
import type { Failure } from '../../src/model/outcome.ts';
import { Pins } from '../../src/transport/pins.ts';
import { NetConnector } from '../../src/transport/wire.ts';
import { ELSEWHERE, LOCALHOST } from '../server/certificate.ts';
import { ask, loopback, short } from './real.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
// openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl enc -base64
const KEY = 'sha256//SDkPW6P3yhNZLa7HC45ZT5KChgE2YD/AP58L3N+cSeA=';
// openssl x509 -noout -fingerprint -sha256
const FINGERPRINT =
  '9E:5C:DD:17:28:9E:ED:0B:32:17:2E:07:C1:54:C2:D6:AB:BB:B0:90:85:47:E6:0D:B4:1F:25:53:14:31:8B:D4';
const OTHER = `sha256//${'A'.repeat(43)}=`;
const RSA_KEY = 'sha256//RBBf3iw5UQSPwLbd7KJiBUbjMzn1HOkpTLzcY06ps9g=';
const RSA = `-----BEGIN CERTIFICATE-----
MIIDETCCAfmgAwIBAgIUZysYevFNYT8RsZjY1YrZgXayl7swDQYJKoZIhvcNAQEL
BQAwDDEKMAgGA1UEAwwBeDAgFw0yNjExMjIyMjEyMTdaGA8yMTI2MTAyOTIyMTIx
N1owDDEKMAgGA1UEAwwBeDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEB
ALp/zAXKEg4e4E/XX+FQYVDvxpzWbwf0pytRUGj/EXckHzrLDh++53+BEGIxdBF0
gf9G+qGFW3VnUtDMFD8rBVyPDvJjr/DdZVKYTSn8VK2rheNpcEfQwOH9PZBaAdFs
QLzQHhfbGEbjs9DE1TXSZ82WwMG19oFkmYFedsj1tEE/RHob4SrduzHdHI2cfAe8
wtjVy2bGgKsDmFuctmS4lbX7EpkJI1zWbmANkWHJWXPg9hcMXOj30rawjVVYqWNa
GMLsagBkSxZ2EsjIGsJxErdmfBWrMIGwqLN8id68IAJU4yFHnRAHj+rS42Z4fTUP
wiDe6JuWaEd8XNNOvMrUY3UCAwEAAaNpMGcwHQYDVR0OBBYEFE0dGxJVtJXduDbZ
cgNS+h3YmztjMB8GA1UdIwQYMBaAFE0dGxJVtJXduDbZcgNS+h3YmztjMA8GA1Ud
EwEB/wQFMAMBAf8wFAYDVR0RBA0wC4IJbG9jYWxob3N0MA0GCSqGSIb3DQEBCwUA
A4IBAQB23MrXZ2pvt4H2jZbCc+QURvW/WkmAV6rfy0kNGd8w9U5nDUu8b6gfE9AE
EJSXL5yLCis/9aS1rmgIDRCDHsk6fK3Dj/J57UXYPNCp6P5+ca0b7bDhElTWvfYc
SdgAsr3UMwUvKottpHM6LbvGKRS3xh3e0Bt+TnEMOGFRYQn4Q9sOeDMCtkuv/10e
wUccVXhrXbVSHiXmVRcgYvczkd6wY/roNyRQuMyf7x+twAChSEdpA/zEE1FwSPzL
h5UxI1rcTNBc9olzsxWLzkYDs4g3GqCdban/ZFZwL+xwlROADQXyhmptynYF/Ere
9F7zp4v/CS43ziJMSsZXqBORKE81
-----END CERTIFICATE-----`;

const { serve, connect } = loopback();

describe('a pin', () => {
  it.each([
    ['of the key', KEY],
    ['of the certificate', `sha256:${FINGERPRINT}`],
    ['of the certificate, as others write it', `sha256:${FINGERPRINT.replaceAll(':', '').toLowerCase()}`],
    ['among several', `${OTHER}; ${KEY}`],
  ])('lets its owner pass: %s', async (_, pinnedPubkey) => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    for (const tls of [{ insecure: true }, { ca: LOCALHOST.cert }]) {
      expect(short(await ask(connect({ tls: { ...tls, pinnedPubkey } }), server.url()))).toBe('200 hi');
    }
  });

  it.each([
    ['verified', { ca: LOCALHOST.cert }],
    ['with -k', { insecure: true }],
  ])('stops another, before a request is sent, and says what came: %s', async (_, tls) => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const outcome = await ask(connect({ tls: { ...tls, pinnedPubkey: OTHER } }), server.url());
    expect(short(outcome)).toBe('tls/certificate');
    expect((outcome as Failure).sent).toBe('none');
    expect((outcome as Failure).message).toBe(
      `localhost:${server.port} shows a key or certificate that is not pinned: expected ${OTHER}, came ${KEY} (certificate sha256:${FINGERPRINT}); if it is the right one, give it to --pinnedpubkey`,
    );
    expect(server.arrivals).toEqual([]);
  });

  it('does not make a certificate trusted', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const outcome = await ask(connect({ tls: { pinnedPubkey: KEY } }), server.url());
    expect(short(outcome)).toBe('tls/certificate');
    expect((outcome as Failure).message).toContain('--cacert');
  });

  it('is of an RSA key too', () => {
    expect(new Pins(RSA_KEY).check(new X509Certificate(RSA))).toBe(undefined);
    expect(new Pins(RSA_KEY).check(new X509Certificate(ELSEWHERE.cert))?.message).toMatch(/^expected sha256/);
  });

  it('is not met by a peer that shows nothing', () => {
    expect(new Pins(KEY).check(undefined)?.message).toBe(`expected ${KEY}, came no certificate`);
  });

  it.each(['', 'sha256//short=', `${KEY};`, './key.pem', 'sha1:00:11', `sha256:${FINGERPRINT}:00`])(
    'that is none is said at once: %j',
    (pinnedPubkey) => {
      const make = () => new NetConnector({ insecure: false, ca: undefined, pinnedPubkey });
      expect(make).toThrow(OptionError);
      expect(make).toThrow(/--pinnedpubkey\) takes sha256/);
    },
  );
});
