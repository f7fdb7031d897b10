// What the system says, in our words: each kind once, with what to do about it, and with no secret.

import { describe, expect, it } from 'vitest';
import { parseUrl } from '../../src/model/origin.ts';
import { parseProxy } from '../../src/session/proxies.ts';
import { failureText, faultText, type Parties } from '../../src/transport/failure-text.ts';
import { kindOf, ofFamily, wireMessage } from '../../src/transport/wire-errors.ts';
import { systemError } from '../fake/wire.ts';

const { origin } = parseUrl('http://host:8080/');
const HOST_8080: Parties = { origin, proxy: undefined, peer: 'host:8080', isSecure: false };
const HOST: Parties = { ...HOST_8080, peer: 'host' };

describe('the kind of an error', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['ETIMEDOUT', 'timeout'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['ENOTFOUND', 'not-found'],
    ['EMFILE', 'resources'],
    ['EADDRNOTAVAIL', 'resources'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'protocol'],
    ['EPROTO', 'protocol'],
    ['ESOMETHINGNEW', 'unknown'],
  ])('%s is %s', (code, kind) => {
    expect(kindOf(systemError(code))).toBe(kind);
  });

  it('without a code is unknown', () => {
    expect(kindOf(new Error('odd'))).toBe('unknown');
    expect(kindOf('odd')).toBe('unknown');
  });
});

describe('the text of a failure', () => {
  const text = (phase: Parameters<typeof failureText>[0], code: string, message = code) => {
    const error = systemError(code, message);
    return failureText(phase, kindOf(error), HOST_8080, 12.34, error);
  };

  it('tells a name that nobody answers for from one that has no address', () => {
    expect(text('dns', 'EAI_AGAIN')).toBe(
      'no name server answers for host:8080 (EAI_AGAIN); is the network up?',
    );
    expect(text('connect', 'EHOSTUNREACH')).toBe('host:8080 cannot be reached (EHOSTUNREACH)');
  });

  it('names the peer and what to try', () => {
    expect(text('connect', 'ECONNREFUSED')).toBe(
      'host:8080 refused the connection; does a server listen there?',
    );
    expect(text('connect', 'EADDRNOTAVAIL')).toBe(
      'no local port left to connect to host:8080; lower --concurrency',
    );
    expect(text('connect', 'EMFILE')).toMatch(/\(EMFILE\); lower --concurrency or raise ulimit -n$/);
    expect(text('tls', 'CERT_HAS_EXPIRED', 'certificate has expired')).toMatch(/--cacert.*-k$/);
    expect(text('dns', 'ENOTFOUND')).toBe(
      'the name host has no address (ENOTFOUND); is it spelled right? --resolve gives it an address, --dns-servers asks other name servers',
    );
    expect(text('headers', 'ECONNRESET')).toBe('host:8080 reset the connection (ECONNRESET)');
    expect(text('connect', 'EHOSTUNREACH')).toBe('host:8080 cannot be reached (EHOSTUNREACH)');
  });

  it('is a sentence also where the system gives none', () => {
    expect(text('connect', 'ETIMEDOUT', '')).toBe('host:8080: unknown error (ETIMEDOUT)');
    expect(failureText('connect', 'unknown', HOST, 1, new Error('odd'))).toBe('host: odd');
  });

  it('says which time ran out and how long it was', () => {
    expect(failureText('dns', 'timeout', HOST, 5000.4, undefined)).toBe(
      'host: the name lookup took too long (5000 ms)',
    );
    expect(failureText('body', 'closed', HOST, 1, undefined)).toBe(
      'host closed the connection before the body was whole',
    );
    expect(failureText('headers', 'aborted', HOST, 1, undefined)).toBe(
      'stopped before the response was whole',
    );
  });
});

describe('what a failure tells to do', () => {
  const through = (proxy: string): Parties => ({ ...HOST_8080, proxy: parseProxy(proxy) });

  it.each([
    ['socks5h://127.0.0.1:8888', 'SOCKS 5'],
    ['https://127.0.0.1:8888', 'TLS'],
  ])('names a proxy that keeps silent or closes, and asks what it speaks: %s', (proxy, spoken) => {
    const peer = `the proxy ${proxy} on the way to host:8080`;
    const parties = { ...through(proxy), isSecure: proxy.startsWith('https') };
    expect(failureText('connect', 'timeout', parties, 10_000, undefined)).toBe(
      `${peer}: the connection took too long (10000 ms); does it speak ${spoken}?`,
    );
    expect(failureText('connect', 'closed', parties, 1, undefined)).toBe(
      `${peer} closed the connection while it was opened; does it speak ${spoken}?`,
    );
    expect(failureText('headers', 'timeout', parties, 1, undefined)).toMatch(
      /^host:8080: the header section/,
    );
  });

  it('names the proxy whose name cannot be looked up, and not the origin', () => {
    const error = systemError('ENOTFOUND');
    expect(failureText('dns', 'not-found', through('http://nowhere:3128'), 1, error)).toBe(
      'the name of the proxy http://nowhere:3128 has no address (ENOTFOUND); is it spelled right? --dns-servers asks other name servers',
    );
  });

  it('says that addresses of one family alone were asked for', () => {
    const error = ofFamily(systemError('ENOTFOUND'), '6');
    expect(wireMessage('dns', 'not-found', 'host:80', error)).toMatch(
      /^the name host has no IPv6 address \(ENOTFOUND\), and --ip 6 asks for no other; is it spelled/,
    );
    expect(wireMessage('dns', 'not-found', 'host:80', ofFamily(systemError('ENOTFOUND'), 'any'))).not.toMatch(
      /IPv6|--ip/,
    );
  });

  it.each([
    [
      'EPROTO',
      'write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:354:\n',
    ],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'C0:error:0A00010B:SSL routines::wrong version number:../x.c:1\n'],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'C0:error:0A0000C6:SSL routines::packet length too long:../x.c:1\n'],
  ])('says that a peer does not speak TLS: %s', (code, message) => {
    const error = systemError(code, message);
    expect(wireMessage('tls', kindOf(error), 'host:80', error)).toBe(
      'host:80 does not speak TLS; try http://',
    );
    Object.assign(error, { peer: 'the proxy https://p:1' });
    expect(wireMessage('connect', kindOf(error), 'host:80', error)).toBe(
      'the proxy https://p:1 does not speak TLS; try http:// for it',
    );
  });

  it('takes what OpenSSL says apart, and leaves no line break', () => {
    const message =
      'C0:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../x.c:1605:\n';
    const error = systemError('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', message);
    expect(wireMessage('tls', kindOf(error), 'host:443', error)).toBe(
      'host:443: no TLS: sslv3 alert handshake failure (ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE)',
    );
    const odd = systemError('ESTRANGE', 'two\n lines\n');
    expect(wireMessage('tls', kindOf(odd), 'host:443', odd)).toBe('host:443: two lines (ESTRANGE)');
  });

  it('names the names in a certificate that is for others', () => {
    const cert = { subjectaltname: 'DNS:a.example, DNS:b.example' };
    const error = Object.assign(systemError('ERR_TLS_CERT_ALTNAME_INVALID'), { cert });
    const text = wireMessage('tls', 'certificate', 'host:443', error);
    expect(text).toBe(
      'the certificate of host:443 is for other names (DNS:a.example, DNS:b.example); is the host right? --sni asks for one of them and expects it, or skip the check with -k',
    );
    const many = Object.assign(error, { cert: { subjectaltname: 'DNS:x.example, '.repeat(100) } });
    expect(wireMessage('tls', 'certificate', 'host:443', many).length).toBeLessThan(400);
    Object.assign(error, { peer: 'the proxy https://p:1', cert });
    expect(wireMessage('connect', 'certificate', 'host:443', error)).toBe(
      'the certificate of the proxy https://p:1 is for other names (DNS:a.example, DNS:b.example); is the host right?',
    );
  });

  it('tells TLS and SOCKS from a response', () => {
    const alert = JSON.stringify('\u0015\u0003\u0001\u0000\u0002\u0002F');
    expect(faultText(`${alert} in place of a status line`, HOST_8080)).toBe(
      'host:8080 sent a TLS alert in place of a response: try https://',
    );
    const socks = `${JSON.stringify('\u0005\u00ff')} in place of a status line`;
    expect(faultText(socks, { ...through('http://p:1080'), peer: 'the proxy http://p:1080' })).toBe(
      `the proxy http://p:1080 sent ${socks}; it may speak SOCKS: try socks5://`,
    );
    expect(faultText(socks, HOST_8080)).toBe(`host:8080 sent ${socks}`);
  });

  it('tells the versions of HTTP from one another', () => {
    for (const length of ['\u0000\u0012', '\u0000\u0000', '\u0000\u001e', '\u0001"', '\u0000A']) {
      const settings = JSON.stringify(`\u0000${length}\u0004\u0000\u0000\u0000\u0000\u0000\u0000\u0003`);
      expect(faultText(`${settings} in place of a status line`, HOST_8080)).toBe(
        'host:8080 speaks HTTP/2 without asking: try --http2 (httpVersion)',
      );
    }
    expect(faultText('"HTTP/1.1" in place of HTTP/2', HOST_8080)).toBe(
      'host:8080 sent "HTTP/1.1" in place of HTTP/2: leave out --http2 (httpVersion)',
    );
  });
});
