#!/bin/sh
# the launchers: clean stdout, no second set-up
set -eu
root=$1
. "$root/scripts/lib.sh"

# Whoever is not root need not have it.
! is_root || need_packages shellcheck=shellcheck
sh "$root/scripts/test-launchers.sh" "$root"
