// A proxy: where it is and what it takes. Pure data; its credentials print as nothing.

export type ProxyScheme = 'http' | 'https' | 'socks5' | 'socks5h';

export interface ProxyServer {
  /** `scheme://host:port` and a mark that tells credentials apart without showing them: connections are kept by it. */
  readonly key: string;
  readonly scheme: ProxyScheme;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** What goes into Proxy-Authorization, or undefined (RFC 9110 section 11.7.2). Never shown. */
  readonly authorization: string | undefined;
  /** For SOCKS (RFC 1929). Never shown. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
  /** As key, without the mark: what messages name. */
  toString(): string;
}
