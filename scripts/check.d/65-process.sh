#!/bin/sh
# what the process inherits, signals, real terminals; boots virtual machines
set -eu
root=$1
. "$root/scripts/lib.sh"

need_all_tools
need_packages python3=python3
"$root/ironclaw" --version >/dev/null
python3 "$root/scripts/test-process.py" "$root"
