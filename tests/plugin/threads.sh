#!/bin/sh
# threads.sh COMMAND...: two ranks, whose view must tell half of the processors each where nobody asks for threads.
unset OMP_NUM_THREADS
half=$(($(nproc) / 2))
[ $half -ge 1 ] || half=1
exec sh "$(dirname "$0")/expect.sh" 0 "+threads: $half," -- "$@"
