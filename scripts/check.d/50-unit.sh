#!/bin/sh
# tests that need neither a VM nor the network
set -eu
root=$1
. "$root/scripts/lib.sh"

need_all_tools
run_tests
