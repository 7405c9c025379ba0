#!/bin/sh
# Tests of ./ironclaw as a program: test-launchers.sh ROOT
set -eu
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect WHAT ACTUAL EXPECTED
expect() {
  if [ "$2" = "$3" ]; then
    echo "ok: $1"
  else
    echo "FAILED: $1: expected '$3', got '$2'"
    failures=$((failures + 1))
  fi
}

"$root/ironclaw" --version >/dev/null
state=$root/build/ironclaw/launch
version=$("$root/ironclaw" --version)

expect "a second run sets nothing up" "$("$root/ironclaw" --version 2>&1 >/dev/null)" ""
expect "--version is one line on stdout" "$(printf '%s\n' "$version" | wc -l)" 1

ln -s "$root/ironclaw" "$work/linked"
expect "a symbolic link to it works" "$("$work/linked" --version)" "$version"
expect "a relative path works" "$(cd "$root/core" && ../ironclaw --version)" "$version"
expect "the folder itself works" "$(cd "$root" && ./ironclaw --version)" "$version"
expect "sh ironclaw works" "$(cd "$root" && sh ironclaw --version)" "$version"

# A copy of the launchers with a stand-in for the set-up shows when it runs and what it gets.
mkdir -p "$work/copy/scripts" "$work/copy/core/src/main" "$work/copy/build/ironclaw"
cp "$root/ironclaw" "$work/copy/"
cp "$root/scripts/launch.sh" "$work/copy/scripts/"
cat >"$work/copy/scripts/setup.sh" <<'END'
echo "progress"
cat
here=$(dirname "$0")/../build/ironclaw
{ cat "$here/real"; echo "built_state='$here/launch'"; } >"$here/launch"
END
grep -v '^built_state=' "$state" >"$work/copy/build/ironclaw/real"
out=$(echo "a request" | "$work/copy/ironclaw" --version 2>"$work/err")
expect "a set-up leaves stdout alone" "$out" "$version"
expect "a set-up shows progress and reads no stdin" "$(cat "$work/err")" "progress"
out=$("$work/copy/ironclaw" --version 2>&1)
expect "then it does not run again" "$out" "$version"
# No waiting for the clock: the state is made older than the source.
touch -d '2001-01-01' "$work/copy/build/ironclaw/launch"
touch "$work/copy/core/src/main/New.java"
"$work/copy/ironclaw" --version >/dev/null 2>"$work/err"
expect "a newer source sets it up again" "$(cat "$work/err")" "progress"
cp -r "$work/copy" "$work/moved"
"$work/moved/ironclaw" --version >/dev/null 2>"$work/err"
expect "a copied folder is set up for itself" "$(cat "$work/err")" "progress"

[ "$failures" -eq 0 ]
