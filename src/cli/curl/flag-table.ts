// Every flag of curl: whether it takes a value, and what becomes of it. Nothing but rows; curl itself is held against
// them by a test.

export interface CurlFlag {
  /** With its dashes. */
  readonly long: string;
  readonly short: string | undefined;
  readonly takesValue: boolean;
  readonly becomes: Becomes;
}

export type Becomes =
  /** flurry has it under the same long name. */
  | { readonly kind: 'same' }
  /** Words of flurry made of its value. */
  | { readonly kind: 'words'; readonly make: (value: string) => readonly string[] }
  /** What translate.ts does with the whole command in view. */
  | { readonly kind: 'special' }
  /** It changes nothing of what is sent, and nobody misses it. */
  | { readonly kind: 'silent' }
  /** Left out; the note says what to do in its place, or nothing. */
  | { readonly kind: 'noted'; readonly note: string }
  | { readonly kind: 'refused'; readonly reason: string };

function flag(names: string, becomes: Becomes): CurlFlag {
  const [, short, long, value] = /^(?:(-\S), )?(--[a-z0-9.-]+)( <>)?$/.exec(names)!;
  return { long: long!, short, takesValue: value !== undefined, becomes };
}

const same = (names: string) => flag(names, { kind: 'same' });
const words = (names: string, make: (value: string) => readonly string[]) =>
  flag(names, { kind: 'words', make });
const special = (names: string) => flag(names, { kind: 'special' });
const silent = (names: string) => flag(names, { kind: 'silent' });
const noted = (names: string, note: string) => flag(names, { kind: 'noted', note });
const refused = (names: string, reason: string) => flag(names, { kind: 'refused', reason });

const RECORDS = 'records go where -o of flurry says';
const RETRIES = '--retry-status, --retry-kind and --retry-unsafe of flurry say what is sent again';
const VERSIONS = 'flurry speaks HTTP/2 and HTTP/1.1';
const ONLY_HTTP = 'it is not about HTTP';
const UNKNOWN_TLS = 'flurry has no such TLS setting';
const UNKNOWN_AUTH = 'flurry knows basic, digest and bearer authentication';
const UNKNOWN_PROXY = 'flurry has no such setting for proxies';
const ABOUT_CURL = 'it asks curl about itself; take it out';

export const CURL_FLAGS: readonly CurlFlag[] = [
  // ── the request ───────────────────────────────────────────────────────────────────────────────────────────
  special('--url <>'),
  special('-:, --next'),
  same('-X, --request <>'),
  special('-H, --header <>'),
  same('-A, --user-agent <>'),
  special('-e, --referer <>'),
  special('-b, --cookie <>'),
  special('-d, --data <>'),
  special('--data-ascii <>'),
  special('--data-raw <>'),
  special('--data-binary <>'),
  special('--data-urlencode <>'),
  special('--json <>'),
  same('-F, --form <>'),
  same('--form-string <>'),
  same('-T, --upload-file <>'),
  same('-G, --get'),
  same('-I, --head'),
  same('-g, --globoff'),
  words('-r, --range <>', (range) => [`--header=Range: bytes=${range}`]),
  refused('--form-escape', 'names in a form are escaped with %'),
  refused('--url-query <>', 'write the query into the URL, or use -G with --data-urlencode'),
  refused('--request-target <>', 'flurry sends the target that the URL names'),
  refused('--path-as-is', 'flurry takes . and .. out of paths'),
  refused('-z, --time-cond <>', "write it as -H 'If-Modified-Since: …'"),
  refused('--etag-compare <>', "write it as -H 'If-None-Match: …'"),
  refused('-C, --continue-at <>', "write it as -H 'Range: bytes=…'"),
  refused('-a, --append', ONLY_HTTP),
  refused('--crlf', 'flurry sends a body as it is'),
  refused('-B, --use-ascii', ONLY_HTTP),
  refused('--tr-encoding', 'flurry decodes content codings (--compressed) only'),
  refused('--raw', 'flurry always takes chunks apart'),
  refused('--ignore-content-length', 'flurry believes Content-Length'),
  same('--expect100-timeout <>'),

  // ── the session ───────────────────────────────────────────────────────────────────────────────────────────
  same('-u, --user <>'),
  same('--oauth2-bearer <>'),
  same('--digest'),
  silent('--basic'),
  refused('--anyauth', UNKNOWN_AUTH),
  refused('--ntlm', UNKNOWN_AUTH),
  refused('--ntlm-wb', UNKNOWN_AUTH),
  refused('--negotiate', UNKNOWN_AUTH),
  refused('--aws-sigv4 <>', UNKNOWN_AUTH),
  refused('--krb <>', UNKNOWN_AUTH),
  refused('--delegation <>', UNKNOWN_AUTH),
  refused('--service-name <>', UNKNOWN_AUTH),
  refused('--login-options <>', ONLY_HTTP),
  refused('--sasl-authzid <>', ONLY_HTTP),
  refused('--sasl-ir', ONLY_HTTP),
  refused('-n, --netrc', 'name the file: --netrc-file FILE'),
  refused('--netrc-optional', 'name the file: --netrc-file FILE'),
  same('--netrc-file <>'),
  same('-L, --location'),
  words('--max-redirs <>', (count) => [`--max-redirs=${count === '-1' ? '1000' : count}`]),
  refused('--location-trusted', 'flurry keeps credentials with their origin; use -L'),
  refused('--post301', 'flurry changes POST to GET as browsers do'),
  refused('--post302', 'flurry changes POST to GET as browsers do'),
  refused('--post303', 'flurry changes POST to GET as browsers do'),
  same('-c, --cookie-jar <>'),
  refused(
    '-j, --junk-session-cookies',
    'flurry keeps the cookies of a file; take those out that end with a session',
  ),
  same('--compressed'),
  noted('--alt-svc <>', 'flurry asks the origin itself'),
  noted('--hsts <>', 'write https:// where it is meant'),
  silent('--disallow-username-in-url'),

  // ── timeouts and limits ───────────────────────────────────────────────────────────────────────────────────
  same('-m, --max-time <>'),
  same('--connect-timeout <>'),
  same('--max-filesize <>'),
  same('--retry <>'),
  noted('--retry-all-errors', RETRIES),
  noted('--retry-connrefused', RETRIES),
  words('--retry-delay <>', (value) => [`--retry-delay=${value}`]),
  noted('--retry-max-time <>', RETRIES),
  noted('--limit-rate <>', 'a response is read as fast as it comes'),
  // Without a unit curl means per hour.
  words('--rate <>', (value) => [`--rate=${value.includes('/') ? value : `${value}/h`}`]),
  noted('-Y, --speed-limit <>', '--idle-timeout of flurry ends what stands still'),
  noted('-y, --speed-time <>', '--idle-timeout of flurry ends what stands still'),
  silent('--keepalive-time <>'),
  silent('--no-keepalive'),
  silent('--happy-eyeballs-timeout-ms <>'),

  // ── TLS ───────────────────────────────────────────────────────────────────────────────────────────────────
  same('-k, --insecure'),
  same('--cacert <>'),
  same('-E, --cert <>'),
  same('--key <>'),
  same('--ciphers <>'),
  same('--pinnedpubkey <>'),
  words('-1, --tlsv1', () => ['--tls-min=1.0']),
  words('--tlsv1.0', () => ['--tls-min=1.0']),
  words('--tlsv1.1', () => ['--tls-min=1.1']),
  words('--tlsv1.2', () => ['--tls-min=1.2']),
  words('--tlsv1.3', () => ['--tls-min=1.3']),
  refused('-2, --sslv2', UNKNOWN_TLS),
  refused('-3, --sslv3', UNKNOWN_TLS),
  refused('--tls-max <>', UNKNOWN_TLS),
  refused('--tls13-ciphers <>', UNKNOWN_TLS),
  refused('--curves <>', UNKNOWN_TLS),
  refused('--capath <>', 'flurry takes certificates in one file: --cacert FILE'),
  refused('--crlfile <>', UNKNOWN_TLS),
  refused('--cert-type <>', 'flurry takes certificates as PEM'),
  refused('--key-type <>', 'flurry takes keys as PEM'),
  refused('--pass <>', 'flurry takes keys without a pass phrase'),
  refused('--cert-status', UNKNOWN_TLS),
  refused('--engine <>', UNKNOWN_TLS),
  refused('--tlsauthtype <>', UNKNOWN_TLS),
  refused('--tlsuser <>', UNKNOWN_TLS),
  refused('--tlspassword <>', UNKNOWN_TLS),
  silent('--ssl'),
  silent('--ssl-reqd'),
  silent('--ssl-allow-beast'),
  silent('--ssl-auto-client-cert'),
  silent('--ssl-no-revoke'),
  silent('--ssl-revoke-best-effort'),
  silent('--false-start'),
  words('--no-alpn', () => ['--http-version=1.1']),
  silent('--no-npn'),
  silent('--no-sessionid'),
  silent('--egd-file <>'),
  silent('--random-file <>'),

  // ── ways to the server ────────────────────────────────────────────────────────────────────────────────────
  words('-4, --ipv4', () => ['--ip=4']),
  words('-6, --ipv6', () => ['--ip=6']),
  same('--resolve <>'),
  same('--connect-to <>'),
  same('--interface <>'),
  same('--unix-socket <>'),
  same('--dns-servers <>'),
  refused('--abstract-unix-socket <>', 'flurry knows --unix-socket PATH'),
  refused('--local-port <>', 'the system picks the local port; --interface picks the address'),
  refused('--dns-interface <>', 'flurry knows --dns-servers'),
  refused('--dns-ipv4-addr <>', 'flurry knows --dns-servers'),
  refused('--dns-ipv6-addr <>', 'flurry knows --dns-servers'),
  refused('--doh-url <>', 'flurry knows --dns-servers'),
  refused('--doh-insecure', 'flurry knows --dns-servers'),
  refused('--doh-cert-status', 'flurry knows --dns-servers'),
  refused('--haproxy-protocol', 'flurry sends no PROXY line'),
  silent('--tcp-fastopen'),
  silent('--tcp-nodelay'),
  same('-x, --proxy <>'),
  same('-U, --proxy-user <>'),
  same('--noproxy <>'),
  words('--socks5 <>', (host) => [`--proxy=socks5://${host}`]),
  words('--socks5-hostname <>', (host) => [`--proxy=socks5h://${host}`]),
  silent('--socks5-basic'),
  silent('--proxy-basic'),
  silent('--suppress-connect-headers'),
  refused('--socks4 <>', 'flurry speaks SOCKS5: --socks5'),
  refused('--socks4a <>', 'flurry speaks SOCKS5: --socks5-hostname'),
  refused('--socks5-gssapi', UNKNOWN_PROXY),
  refused('--socks5-gssapi-nec', UNKNOWN_PROXY),
  refused('--socks5-gssapi-service <>', UNKNOWN_PROXY),
  refused('-p, --proxytunnel', 'flurry makes a tunnel for https alone'),
  refused('--preproxy <>', UNKNOWN_PROXY),
  refused('--proxy1.0 <>', UNKNOWN_PROXY),
  refused('--proxy-anyauth', UNKNOWN_PROXY),
  refused('--proxy-digest', UNKNOWN_PROXY),
  refused('--proxy-ntlm', UNKNOWN_PROXY),
  refused('--proxy-negotiate', UNKNOWN_PROXY),
  refused('--proxy-service-name <>', UNKNOWN_PROXY),
  refused('--proxy-header <>', UNKNOWN_PROXY),
  refused('--proxy-insecure', UNKNOWN_PROXY),
  refused('--proxy-cacert <>', UNKNOWN_PROXY),
  refused('--proxy-capath <>', UNKNOWN_PROXY),
  refused('--proxy-cert <>', UNKNOWN_PROXY),
  refused('--proxy-cert-type <>', UNKNOWN_PROXY),
  refused('--proxy-key <>', UNKNOWN_PROXY),
  refused('--proxy-key-type <>', UNKNOWN_PROXY),
  refused('--proxy-pass <>', UNKNOWN_PROXY),
  refused('--proxy-ciphers <>', UNKNOWN_PROXY),
  refused('--proxy-tls13-ciphers <>', UNKNOWN_PROXY),
  refused('--proxy-crlfile <>', UNKNOWN_PROXY),
  refused('--proxy-pinnedpubkey <>', UNKNOWN_PROXY),
  refused('--proxy-tlsauthtype <>', UNKNOWN_PROXY),
  refused('--proxy-tlsuser <>', UNKNOWN_PROXY),
  refused('--proxy-tlspassword <>', UNKNOWN_PROXY),
  refused('--proxy-tlsv1', UNKNOWN_PROXY),
  silent('--proxy-ssl-allow-beast'),
  silent('--proxy-ssl-auto-client-cert'),

  // ── versions of HTTP, and what else may be spoken ─────────────────────────────────────────────────────────
  words('--http1.1', () => ['--http-version=1.1']),
  noted('-0, --http1.0', `${VERSIONS}; --http1.1 behind the command keeps to that`),
  // On https curl asks for it and takes what it gets, as is the default here; on http it asks for an upgrade, which
  // servers do not grant any more (RFC 9113 section 3.1).
  silent('--http2'),
  words('--http2-prior-knowledge', () => ['--http-version=2']),
  noted('--http3', VERSIONS),
  noted('--http3-only', VERSIONS),
  silent('--http0.9'),
  silent('--proto <>'),
  silent('--proto-redir <>'),
  refused('--proto-default <>', 'write the scheme into the URL'),

  // ── what curl shows and stores ────────────────────────────────────────────────────────────────────────────
  silent('-s, --silent'),
  silent('-S, --show-error'),
  silent('-v, --verbose'),
  silent('-#, --progress-bar'),
  silent('--no-progress-meter'),
  silent('-N, --no-buffer'),
  silent('--styled-output'),
  silent('-q, --disable'),
  silent('-Z, --parallel'),
  silent('--parallel-immediate'),
  noted('--parallel-max <>', '-c of flurry says how many are in flight'),
  noted('-i, --include', 'header fields come into the records with --include of flurry'),
  noted('-D, --dump-header <>', 'header fields come into the records with --include of flurry'),
  noted('-o, --output <>', RECORDS),
  noted('-O, --remote-name', RECORDS),
  noted('--remote-name-all', RECORDS),
  noted('-J, --remote-header-name', RECORDS),
  silent('-R, --remote-time'),
  silent('--remove-on-error'),
  noted('--output-dir <>', RECORDS),
  silent('--create-dirs'),
  silent('--create-file-mode <>'),
  silent('--no-clobber'),
  silent('--xattr'),
  noted('--etag-save <>', 'header fields come into the records with --include of flurry'),
  noted('-w, --write-out <>', 'status, sizes and times stand in the records'),
  noted('-f, --fail', '--check-status of flurry gives an exit code'),
  noted('--fail-with-body', '--check-status of flurry gives an exit code'),
  same('--fail-early'),
  noted('--stderr <>', 'use 2> behind flurry'),
  noted('--trace <>', 'flurry writes no trace'),
  noted('--trace-ascii <>', 'flurry writes no trace'),
  silent('--trace-time'),
  noted('--libcurl <>', 'flurry writes no C'),
  refused('-K, --config <>', "flurry does not read curl's config files; write its options out"),
  refused('-h, --help <>', ABOUT_CURL),
  refused('-M, --manual', ABOUT_CURL),
  refused('-V, --version', ABOUT_CURL),
  refused('--metalink', ABOUT_CURL),

  // ── other protocols ───────────────────────────────────────────────────────────────────────────────────────
  refused('-l, --list-only', ONLY_HTTP),
  refused('-Q, --quote <>', ONLY_HTTP),
  refused('-P, --ftp-port <>', ONLY_HTTP),
  refused('-t, --telnet-option <>', ONLY_HTTP),
  ...[
    ...[
      '--compressed-ssh',
      '--disable-eprt',
      '--disable-epsv',
      '--ftp-account <>',
      '--ftp-ssl-ccc',
      '--ftp-pret',
    ],
    ...[
      '--ftp-alternative-to-user <>',
      '--ftp-create-dirs',
      '--ftp-method <>',
      '--ftp-pasv',
      '--ftp-skip-pasv-ip',
    ],
    ...['--ftp-ssl-ccc-mode <>', '--ftp-ssl-control', '--hostpubmd5 <>', '--hostpubsha256 <>', '--pubkey <>'],
    ...['--mail-auth <>', '--mail-from <>', '--mail-rcpt <>', '--mail-rcpt-allowfails', '--tftp-blksize <>'],
    '--tftp-no-options',
  ].map((names) => refused(names, ONLY_HTTP)),
];
