// What people read when a request fails on the wire. One sentence each: who, what, where.

import type { Kind, Phase } from '../../model/outcome.ts';
import { wireMessage } from '../wire-errors.ts';

const TIMEOUTS: Readonly<Record<Phase, string>> = {
  input: 'the input',
  queue: 'the queue',
  dns: 'the name lookup',
  connect: 'the connection',
  tls: 'the TLS handshake',
  send: 'sending the request',
  headers: 'the header section of the response',
  body: 'the body of the response',
};

const CLOSED: Readonly<Record<Phase, string>> = {
  input: '',
  queue: '',
  dns: '',
  connect: 'while it was opened',
  tls: 'during the TLS handshake',
  send: 'while the request was sent',
  headers: 'before the response',
  body: 'before the body was whole',
};

export function failureText(
  phase: Phase,
  kind: Kind,
  peer: string,
  elapsedMs: number,
  cause: unknown,
): string {
  if (cause !== undefined) return wireMessage(phase, kind, peer, cause);
  if (kind === 'timeout') return `${peer}: ${TIMEOUTS[phase]} took too long (${Math.round(elapsedMs)} ms)`;
  if (kind === 'closed') return `${peer} closed the connection ${CLOSED[phase]}`;
  if (kind === 'aborted') return 'stopped before the response was whole';
  return wireMessage(phase, kind, peer, cause);
}
