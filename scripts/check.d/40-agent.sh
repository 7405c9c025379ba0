#!/bin/sh
# the guest agent's own tests
set -eu
root=$1
. "$root/scripts/lib.sh"

sh "$root/scripts/protocol.sh" --check
need_packages gcc=gcc make=make /usr/include/stdio.h=libc6-dev
make --no-print-directory -C "$root/guest-agent" OUT=../build/guest-agent test
