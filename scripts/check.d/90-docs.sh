#!/bin/sh
# the documents: links lead somewhere, commands and programs do what is said
set -eu
root=$1
. "$root/scripts/lib.sh"

sh "$root/scripts/test-docs.sh" "$root"
need_all_tools
python3 "$root/scripts/rooms.py" "$root" --check
# The examples start ./ironclaw and ./bench: their set-up must not run inside a test.
"$root/ironclaw" --version >/dev/null
sh "$root/scripts/setup.sh" bench
run_tests -Dgroups=docs -DexcludedGroups=
