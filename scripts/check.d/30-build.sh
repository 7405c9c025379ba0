#!/bin/sh
# everything compiles with no warning from javac, Error Prone or NullAway
set -eu
root=$1
. "$root/scripts/lib.sh"

need_build_tools
# Without its record of the last build Maven compiles everything: a warning of a file that has not
# changed counts too.
for module in core mcp cli benchmarks; do
  rm -rf "$root/$module/target/classes" "$root/$module/target/test-classes" "$root/$module/target/maven-status"
done
run_maven -q test-compile -Dwarnings.fatal=true
echo "no warnings"
