#!/bin/sh
# expect.sh STATUS [+REGEX | -REGEX]... -- COMMAND...
# Runs COMMAND; its exit status must be STATUS (or, for "fails", not 0), and of its output lines one must match each +REGEX
# and none a -REGEX.
status=$1
shift
expectations=
while [ "$1" != -- ]; do
  expectations="$expectations$1
"
  shift
done
shift
output=$("$@" 2>&1)
found=$?
verdict=0
complain() {
  echo "expect.sh: $1" >&2
  verdict=1
}
case $status in
fails) [ $found -ne 0 ] || complain "exit status 0, a failure was expected" ;;
*) [ $found -eq "$status" ] || complain "exit status $found, expected $status" ;;
esac
IFS='
'
for expectation in $expectations; do
  regex=${expectation#?}
  if printf '%s\n' "$output" | grep -qE -e "$regex"; then present=1; else present=0; fi
  case $expectation in
  +*) [ $present = 1 ] || complain "no line matches: $regex" ;;
  -*) [ $present = 0 ] || complain "a line matches: $regex" ;;
  esac
done
[ $verdict = 0 ] || printf '%s\n' "$output" >&2
exit $verdict
