#!/bin/sh
# tests that start the real Firecracker, with a small guest of our own
set -eu
root=$1
. "$root/scripts/lib.sh"
. "$root/scripts/firecracker.sh"

need_all_tools
[ "$(id -u)" = 0 ] || skip "Firecracker: only root can start its jailer"
[ -c /dev/kvm ] || skip "Firecracker: this machine has no /dev/kvm"
need_test_firecracker || skip "Firecracker: the package that has it for tests can't be had"
need_tiny_guest
run_tests -Dgroups=firecracker -DexcludedGroups=
# The suite of the part vm, on a real guest: it is the same for both drivers.
if why=$(IRONCLAW_HYPERVISOR=firecracker "$root/ironclaw" exec -- true 2>&1); then
  IRONCLAW_HYPERVISOR=firecracker run_tests -Dgroups=vm -DexcludedGroups=
else
  not_tested "Linux guests on Firecracker: $(printf '%s\n' "$why" | tail -n 1)"
fi
if command -v vhost-device-vsock >/dev/null; then
  python3 "$root/scripts/test-vsock.py" "${IRONCLAW_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ironclaw}"
else
  not_tested "the agent on vsock in a Linux guest: vhost-device-vsock is not on PATH (cargo install vhost-device-vsock)"
fi
