#!/bin/sh
# the launchers: clean stdout, no second set-up
set -eu
root=$1
. "$root/scripts/lib.sh"

sh "$root/scripts/test-launchers.sh" "$root"
