#!/usr/bin/env bash
# hey: https://github.com/rakyll/hey#usage. Each of its workers sends as many as the others, so the number of requests is
# rounded up to a multiple of them. It asks for one URL all the time, reads bodies and parses none. -h2 takes HTTP/2 where
# the server chooses it by ALPN. Arguments: URL, from, to, concurrency.
. "${BASH_SOURCE%/*}/telling.sh"
n=$(($3 - $2 + 1))
workers=$(($4 < n ? $4 : n))
asked=$(((n + workers - 1) / workers * workers))
case $1 in https:*) h2=(-h2) ;; *) h2=() ;; esac
exec hey -n "$asked" -c "$workers" "${h2[@]}" "$1$2" > >(tell '
  $1 == "Total:" { ms = $2 * 1000 }
  /^Status code distribution/ { inside = 1; next }
  /^Error distribution/ { inside = 2; next }
  inside == 1 && $1 == "[200]" { ok = $2 }
  inside == 1 && $1 ~ /^\[/ && $1 != "[200]" { errors += $2 }
  inside == 2 && $1 ~ /^\[/ { gsub(/[][]/, "", $1); errors += $1 }
  END { print ok + 0, errors + 0, ms + 0 }
')
