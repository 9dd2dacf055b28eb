#!/usr/bin/env bash
# Run a training until all its steps are done: scripts/until_done.sh jaxswap train ... --run RUN
# Exit code 75 means stopped, go on; a code above 128 that a signal ended it, as SIGABRT does when
# the first host is lost. Any other code is the training's last. SIGTERM or Ctrl-C to this script
# stops the training as they would without it, and this script with it.
set -u -o pipefail

readonly PAUSE_SECONDS=${PAUSE_SECONDS:-10}
readonly MOST_CRASHES=5 # in a row: more is no preemption

if (($# == 0)); then
    echo "Give the command to run: $0 jaxswap train --identity ... --run RUN" >&2
    exit 2
fi

asked_to_stop=0
child=
# shellcheck disable=SC2329 # the trap calls it
pass_on() {
    asked_to_stop=1
    if [[ -n $child ]]; then
        kill -TERM "$child" 2>/dev/null
    fi
}
trap pass_on TERM INT

crashes=0
while ((!asked_to_stop)); do
    # A job in the background ignores Ctrl-C, so that each signal reaches it once, as SIGTERM.
    "$@" &
    child=$!
    wait "$child"
    code=$?
    while kill -0 "$child" 2>/dev/null; do # a signal ended `wait`, not the training
        wait "$child"
        code=$?
    done
    child=
    if ((code == 75)); then
        crashes=0
    elif ((code > 128 && code != 130)); then
        crashes=$((crashes + 1))
    else
        exit "$code"
    fi
    if ((asked_to_stop)); then
        exit "$code"
    fi
    if ((crashes > MOST_CRASHES)); then
        echo "It ended by a signal $crashes times in a row, last with exit code $code." >&2
        exit "$code"
    fi
    echo "Exit code $code: going on in $PAUSE_SECONDS s." >&2
    sleep "$PAUSE_SECONDS" &
    wait $!
done
exit 75
