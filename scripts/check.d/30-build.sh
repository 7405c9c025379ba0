#!/bin/sh
# everything compiles with no warning from javac, Error Prone or NullAway
set -eu
root=$1
. "$root/scripts/lib.sh"

need_build_tools
# Without its record of the last build Maven compiles everything: a warning of a file that has not
# changed counts too.
rm -rf "$root"/modules/*/target/classes "$root"/modules/*/target/test-classes "$root"/modules/*/target/maven-status
run_maven -q test-compile -Dwarnings.fatal=true
echo "no warnings"
