#!/usr/bin/env bash
# flurry's command line with its records on disk, as README shows it; each request is sent once, as by the others. When it
# has ended its records are read back and removed. Arguments: URL, from, to, concurrency, node, flurry's bin.
folder=$(mktemp -d "${TMPDIR:-/tmp}/flurry-cli-XXXXXX") || exit
here=${BASH_SOURCE%/*}
# The reader waits for the end of the program's output, which has none.
exec "$5" "$6" "$1[$2-$3]" -c "$4" --retry 0 -q -o "$folder/out.jsonl" --summary "$folder/summary.json" > >(
  cat > /dev/null
  # Without a summary it has failed, and has said why.
  [ ! -f "$folder/summary.json" ] || "$5" "$here/read-records.mjs" "$folder"
  rm -r "$folder"
)
