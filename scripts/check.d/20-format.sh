#!/bin/sh
# every Java file is formatted by google-java-format
set -eu
root=$1
. "$root/scripts/lib.sh"

need_build_tools
run_maven -q spotless:check || {
  echo "Run: mvn spotless:apply"
  exit 1
}
echo "formatted"
