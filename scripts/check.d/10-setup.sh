#!/bin/sh
# tools, build, guest image, start-up cache
set -eu
root=$1
. "$root/scripts/lib.sh"

"$root/ironclaw" --version
