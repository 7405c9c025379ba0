#!/bin/sh
# tests that boot virtual machines
set -eu
root=$1
. "$root/scripts/lib.sh"

need_all_tools
run_tests -Dgroups=vm -DexcludedGroups=
