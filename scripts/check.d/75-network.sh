#!/bin/sh
# tests of networks: real VMs in a world of namespaces that nothing of this machine is part of
set -eu
root=$1
. "$root/scripts/lib.sh"

need_all_tools
. "$root/scripts/firecracker.sh"
[ "$(id -u)" = 0 ] || skip "networks: only root can make namespaces and firewalls"
if [ -c /dev/kvm ] && need_test_firecracker; then
  need_tiny_guest
else
  unset IRONCLAW_TEST_FIRECRACKER
fi
# What the tests need was downloaded for the parts before; in the world there is no network.
export IRONCLAW_TEST_WORLD=1
# shellcheck disable=SC2016 # the inner shell's words
unshare --net -- sh -eu -c '
  root=$1
  . "$root/scripts/lib.sh"
  need_jdk
  run_tests -o -Dgroups=network -DexcludedGroups= -pl modules/attacks -am
' network "$root"
