#!/bin/sh
# every promise of SPECIFICATION.md has its test, and it ran; cases of each list of attacks
set -eu
root=$1
. "$root/scripts/lib.sh"

need_packages python3=python3
# shellcheck disable=SC2086 # a file without spaces, or nothing
python3 "$root/scripts/test-specification.py" "$root" ${CHECK_BEGAN:-}
