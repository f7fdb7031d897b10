# Sourced by the others: how a program that prints for people tells what all clients tell. Each script becomes its program
# by exec, with the program's output piped here, so that the process whose CPU and memory are measured is the program
# itself, and this reader none of its children that it waits for. Starts no program itself.
export LC_ALL=C
# How many connections there may be is the client's to say, not the shell's.
ulimit -n "$(ulimit -Hn)"
started=$EPOCHREALTIME

# Reads lines on stdin with an awk program that prints "ok errors milliseconds"; "-" for milliseconds takes those from the
# start of the script to the end of the program.
tell() {
  local ok errors ms
  read -r ok errors ms < <(awk "$1")
  if [ "$ms" = - ]; then
    ms=$(( (${EPOCHREALTIME/./} - ${started/./}) ))
    ms=$((ms / 1000)).$(printf %03d $((ms % 1000)))
  fi
  printf '{"ok":%d,"errors":%d,"sum":null,"ms":%s}\n' "$ok" "$errors" "$ms"
}
