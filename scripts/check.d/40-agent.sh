#!/bin/sh
# the guest agent's own tests
set -eu
root=$1
. "$root/scripts/lib.sh"

need_packages gcc=gcc make=make /usr/include/stdio.h=libc6-dev
make --no-print-directory -C "$root/guest-agent" OUT=../build/guest-agent test
