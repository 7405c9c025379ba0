#!/bin/sh
# MCP clients from npm and PyPI against the server
set -eu
root=$1
. "$root/scripts/lib.sh"

clients=$(cd "$root" && find . -name package-lock.json -not -path '*/node_modules/*')
[ -n "$clients" ] || skip "no MCP client is in the repository yet"
need_all_tools
need_packages node=nodejs npm=npm
for lock in $clients; do
  folder=$root/$(dirname "$lock")
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error </dev/null)
done
need_packages python3=python3
python=$root/build/mcp-python
if ! cmp -s "$root/modules/mcp/src/test/python/requirements.txt" "$python/requirements.txt"; then
  rm -rf "$python"
  # Debian has venv in a package of its own.
  python3 -m venv "$python" 2>/dev/null || {
    apt_install python3-venv
    rm -rf "$python"
    python3 -m venv "$python"
  }
  "$python/bin/pip" install -q --disable-pip-version-check -r "$root/modules/mcp/src/test/python/requirements.txt"
  cp "$root/modules/mcp/src/test/python/requirements.txt" "$python/"
fi
# The clients start ./ironclaw: its set-up must not run inside a test.
"$root/ironclaw" --version >/dev/null
run_tests -Dgroups=mcp -DexcludedGroups=
