// Pinned keys and certificates: which ones a server may show, whoever signed them. Trusts no issuer and opens nothing.

import type { X509Certificate } from 'node:crypto';
import { OptionError } from '../model/option-kinds.ts';

/** curl's form, base64 of the SHA-256 of the SubjectPublicKeyInfo (DER): survives a renewal that keeps the key. */
const KEY_PIN = /^sha256\/\/([A-Za-z0-9+/]{43}=)$/;
/** The fingerprint of a whole certificate, as OpenSSL and browsers show it. */
const CERTIFICATE_PIN = /^sha256:((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})$/i;

/** Neither its key nor its certificate is among those that are pinned. */
export class PinMismatch extends Error {
  override readonly name = 'PinMismatch';
  readonly code = 'ERR_TLS_CERT_PIN';
}

export class Pins {
  readonly #keys = new Set<string>();
  readonly #certificates = new Set<string>();
  readonly #expected: string;

  /** One pin or several with `;` between; throws OptionError for what is none. */
  constructor(text: string) {
    const pins = text.split(';').map((pin) => pin.trim());
    for (const pin of pins) {
      const key = KEY_PIN.exec(pin)?.[1];
      const certificate = CERTIFICATE_PIN.exec(pin)?.[1];
      if (key !== undefined) this.#keys.add(key);
      else if (certificate !== undefined) this.#certificates.add(plainHex(certificate));
      else throw noPin(pin);
    }
    this.#expected = pins.join(' or ');
  }

  /** Undefined where the certificate is one of those; else what was expected and what came. */
  check(certificate: X509Certificate | undefined): PinMismatch | undefined {
    if (certificate === undefined) return this.#mismatch('no certificate');
    const fingerprint = certificate.fingerprint256;
    if (this.#certificates.has(plainHex(fingerprint))) return undefined;
    const key = keyPin(certificate);
    if (key !== undefined && this.#keys.has(key)) return undefined;
    return this.#mismatch(
      key === undefined ? `sha256:${fingerprint}` : `sha256//${key} (certificate sha256:${fingerprint})`,
    );
  }

  #mismatch(came: string): PinMismatch {
    return new PinMismatch(`expected ${this.#expected}, came ${came}`);
  }
}

/** Undefined for a kind of key that this OpenSSL does not know: it equals no pin. */
function keyPin(certificate: X509Certificate): string | undefined {
  try {
    const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
    // Loaded by whoever uses TLS already; a run over plain http need not load it.
    const { createHash } = process.getBuiltinModule('node:crypto');
    return createHash('sha256').update(key).digest('base64');
  } catch {
    return undefined;
  }
}

function plainHex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toUpperCase();
}

function noPin(text: string): OptionError {
  return new OptionError(
    'pinnedPubkey',
    `pinnedPubkey (--pinnedpubkey) takes sha256//<base64 of the key's SHA-256> or sha256:<fingerprint of the certificate in hex>, several with ; between, not ${JSON.stringify(text)}`,
  );
}
