// What the system says, in our words: each kind once, with what to do about it, and with no secret.

import { describe, expect, it } from 'vitest';
import { failureText } from '../../src/transport/http1/failure-text.ts';
import { kindOf } from '../../src/transport/wire-errors.ts';
import { systemError } from '../fake/wire.ts';

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
    return failureText(phase, kindOf(error), 'host:8080', 12.34, error);
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
    expect(text('dns', 'ENOTFOUND')).toBe('the name of host:8080 has no address (ENOTFOUND)');
    expect(text('headers', 'ECONNRESET')).toBe('host:8080 reset the connection (ECONNRESET)');
    expect(text('connect', 'EHOSTUNREACH')).toBe('host:8080 cannot be reached (EHOSTUNREACH)');
  });

  it('is a sentence also where the system gives none', () => {
    expect(text('connect', 'ETIMEDOUT', '')).toBe('host:8080: unknown error (ETIMEDOUT)');
    expect(failureText('connect', 'unknown', 'host', 1, new Error('odd'))).toBe('host: odd');
  });

  it('says which time ran out and how long it was', () => {
    expect(failureText('dns', 'timeout', 'host', 5000.4, undefined)).toBe(
      'host: the name lookup took too long (5000 ms)',
    );
    expect(failureText('body', 'closed', 'host', 1, undefined)).toBe(
      'host closed the connection before the body was whole',
    );
    expect(failureText('headers', 'aborted', 'host', 1, undefined)).toBe(
      'stopped before the response was whole',
    );
  });
});
