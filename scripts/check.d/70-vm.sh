#!/bin/sh
# tests that boot virtual machines
set -eu
root=$1
. "$root/scripts/lib.sh"

need_all_tools
# On Firecracker the same run in its own part.
export IRONCLAW_HYPERVISOR=qemu
run_tests -Dgroups=vm -DexcludedGroups=
doctor=$("$root/ironclaw" doctor | sed -n 's/^warning  KVM  *//p')
[ -z "$doctor" ] || not_tested "guests on KVM: all VMs were emulated, as $doctor"
