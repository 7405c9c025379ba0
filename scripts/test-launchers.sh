#!/bin/sh
# Tests of ./ironclaw as a program: test-launchers.sh ROOT
set -eu
root=$1
. "$root/scripts/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Without this, an interrupt would leave the folder.
trap 'exit 130' INT TERM
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
expect "a relative path works" "$(cd "$root/modules" && ../ironclaw --version)" "$version"
expect "the folder itself works" "$(cd "$root" && ./ironclaw --version)" "$version"
expect "sh ironclaw works" "$(cd "$root" && sh ironclaw --version)" "$version"

# A copy of the launchers with a stand-in for the set-up shows when it runs and what it gets.
mkdir -p "$work/copy/scripts" "$work/copy/modules/api/src/main" "$work/copy/build/ironclaw"
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
touch "$work/copy/modules/api/src/main/New.java"
"$work/copy/ironclaw" --version >/dev/null 2>"$work/err"
expect "a newer source sets it up again" "$(cat "$work/err")" "progress"
cp -r "$work/copy" "$work/moved"
"$work/moved/ironclaw" --version >/dev/null 2>"$work/err"
expect "a copied folder is set up for itself" "$(cat "$work/err")" "progress"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  # Somebody else's folder: one line, not a broken build.
  mkdir -p "$work/theirs/scripts"
  cp "$root/ironclaw" "$work/theirs/"
  cp "$root"/scripts/*.sh "$work/theirs/scripts/"
  chmod 755 "$work" "$work/theirs" "$work/theirs/scripts"
  status=0
  setpriv --reuid=65534 --regid=65534 --clear-groups "$work/theirs/ironclaw" --version >"$work/out" 2>"$work/err" || status=$?
  expect "a folder that can't be written is refused" "$status $(wc -l <"$work/err")" "125 1"
else
  not_tested "a folder of another user: it takes root and setpriv"
fi

# What a clone made by another user needs is said in one line, too: a PATH without QEMU stands for it.
mkdir -p "$work/poor/scripts" "$work/tools"
cp "$root/ironclaw" "$work/poor/"
cp "$root"/scripts/*.sh "$work/poor/scripts/"
for tool in sh id dirname mkdir touch flock cat date rm readlink sed find; do
  ln -s "$(command -v "$tool")" "$work/tools/$tool"
done
status=0
PATH=$work/tools "$work/poor/ironclaw" --version >"$work/out" 2>"$work/err" || status=$?
expect "missing packages are named in one line" "$status $(grep -c 'maven.*qemu-system-x86' "$work/err")" "125 1"

# What ./check itself makes of tests that were skipped, and of such a part.
mkdir -p "$work/checked/scripts/check.d"
cp "$root/check" "$work/checked/"
printf '#\nshort of  a reason\n' >"$work/checked/scripts/accepted-skips"
cat >"$work/report.xml" <<'XML'
  <testcase name="a_full_disk" classname="io.ironclaw.vm.DiskTest" time="0.1">
    <skipped message="short of root" type="x"/>
  </testcase>
  <testcase name="fine" classname="io.ironclaw.vm.DiskTest" time="0.1"/>
  <testcase name="other[1]" classname="io.ironclaw.DiskTest"><skipped/></testcase>
XML
expect "skipped tests are found in reports" "$(awk -f "$root/scripts/skipped-tests.awk" "$work/report.xml")" "DiskTest.a_full_disk: short of root
DiskTest.other[1]: "
part() {
  cat >"$work/checked/scripts/check.d/10-part.sh" <<PART
#!/bin/sh
# what
printf '%s\\n' "$1" >"\$CHECK_REASON"
exit $2
PART
  status=0
  CI=$3 "$work/checked/check" >"$work/out" 2>&1 || status=$?
  echo "$status $(sed -n '/^=== check/,$s/.*NOT TESTED//p' "$work/out")"
}
expect "what was left out is told" "$(part 'a thing: why' 0 '')" "0 : a thing: why"
expect "in continuous integration that fails" "$(part 'a thing: why' 0 1)" "1 , and no reason in scripts/accepted-skips: a thing: why"
expect "unless there is a reason" "$(part 'short of root' 0 1)" "0 : short of root"
expect "a skipped part fails, too" "$(part 'a part: why' 77 1)" "1 , and no reason in scripts/accepted-skips: a part: why"
expect "and where it need not, it is told" "$(part 'a part: why' 77 '')" "0 : a part: why"

if command -v shellcheck >/dev/null; then
  # 1090, 1091, 2154: files are sourced, and use each other's variables. 3013: dash and busybox have -ef.
  # 2012, 2013, 2044: names of our own, without spaces. 2119: options, not our arguments. 2164: set -e.
  if (cd "$root" && shellcheck -s sh -e 1090,1091,2012,2013,2044,2119,2154,2164,3013 \
    ironclaw check bench scripts/*.sh scripts/check.d/*.sh); then
    echo "ok: shellcheck has nothing to say"
  else
    failures=$((failures + 1))
  fi
else
  not_tested "shellcheck: it is not installed"
fi

[ "$failures" -eq 0 ]
