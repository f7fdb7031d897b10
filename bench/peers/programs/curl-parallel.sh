#!/usr/bin/env bash
# curl -Z: https://curl.se/docs/manpage.html#-Z, its config on stdin: https://curl.se/docs/manpage.html#-K. It reads bodies
# and parses none, and tells no time of the whole, so its start is in its milliseconds. Over TLS HTTP/2 where the server
# chooses it by ALPN. Arguments: URL, from, to, concurrency.
. "${BASH_SOURCE%/*}/telling.sh"
exec curl --parallel --parallel-max "$4" --no-progress-meter --config - < <(
  printf 'url = "%s[%d-%d]"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\n' "$1" "$2" "$3"
) > >(tell '
  $1 == "200" { ok++; next }
  { errors++ }
  END { print ok + 0, errors + 0, "-" }
')
