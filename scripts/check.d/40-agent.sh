#!/bin/sh
# the guest agent's own tests
set -eu
root=$1
. "$root/scripts/lib.sh"

sh "$root/scripts/protocol.sh" --check
need_packages gcc=gcc make=make /usr/include/stdio.h=libc6-dev
make --no-print-directory -C "$root/guest-agent" OUT=../build/guest-agent test
# All of them ran, in the order of main: what is promised is looked up here.
sed -n '/^int main/,$s/^  \([a-z][a-z0-9_]*\)();$/agent_test.c.\1/p' "$root/guest-agent/test/agent_test.c" >"$root/build/guest-agent/tests"
