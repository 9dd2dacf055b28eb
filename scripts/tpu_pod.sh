#!/usr/bin/env bash
# Train on all hosts of a Cloud TPU slice until all steps are done:
#   TPU=NAME ZONE=ZONE scripts/tpu_pod.sh --identity a=DATA --identity b=DATA --run RUN
# jaxswap[tpu] and these scripts are in ~/jaxswap on every host; DATA and RUN are on a shared disk.
set -eu -o pipefail

: "${TPU:?name of the TPU VM}" "${ZONE:?zone of the TPU VM}"

command='cd jaxswap && exec scripts/until_done.sh .venv/bin/jaxswap train --hosts.join'
for argument in "$@"; do
    command+=" $(printf '%q' "$argument")"
done
exec gcloud compute tpus tpu-vm ssh "$TPU" --zone="$ZONE" --worker=all --command="$command"
