#!/usr/bin/env bash
# h2load, one thread: https://nghttp2.org/documentation/h2load.1.html. HTTP/1.1 without TLS, over TLS what the server
# chooses by ALPN; over HTTP/2 up to 100 streams on a connection, which any server takes. It asks for one URL all the time
# and looks at statuses, not at bodies. Arguments: URL, from, to, concurrency, protocol (http, https, h2).
. "${BASH_SOURCE%/*}/telling.sh"
n=$(($3 - $2 + 1))
at_once=$(($4 < n ? $4 : n))
if [ "$5" = h2 ]; then
  connections=$(((at_once + 99) / 100))
  shape=(-c"$connections" -m"$(((at_once + connections - 1) / connections))")
else
  shape=(--h1 -c"$at_once" -m1)
fi
exec h2load -t1 -n"$n" "${shape[@]}" "$1$2" > >(tell '
  { gsub(",", "") }
  $1 == "finished" { ms = $3 * ($3 ~ /us$/ ? 0.001 : $3 ~ /ms$/ ? 1 : 1000) }
  $1 == "requests:" { n = $2; ok = $8 }
  $1 == "status" { ok = $3 }
  END { print ok + 0, n - ok, ms + 0 }
')
