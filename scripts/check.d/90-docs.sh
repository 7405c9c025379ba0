#!/bin/sh
# links in the documents lead somewhere
set -eu
root=$1
. "$root/scripts/lib.sh"

sh "$root/scripts/test-docs.sh" "$root"
