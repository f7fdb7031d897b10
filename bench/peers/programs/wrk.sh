#!/usr/bin/env bash
# wrk, one thread: https://github.com/wg/wrk#basic-usage. It runs for seconds, not for a number of requests, asks for one URL
# all the time, and looks at statuses, not at bodies. Arguments: URL, from, to, concurrency, seconds.
. "${BASH_SOURCE%/*}/telling.sh"
exec wrk -t1 -c"$4" -d"$5s" "$1$2" > >(tell '
  { gsub(",", "") }
  $2 == "requests" && $3 == "in" { n = $1; unit = $4; ms = $4 * (unit ~ /us$/ ? 0.001 : unit ~ /ms$/ ? 1 : unit ~ /m$/ ? 60000 : 1000) }
  $1 == "Non-2xx" { errors += $NF; bad = $NF }
  $1 == "Socket" { errors += $4 + $6 + $8 + $10 }
  END { if (n == 0 && errors == 0) errors = 1; print n - bad, errors + 0, ms + 0 }
')
