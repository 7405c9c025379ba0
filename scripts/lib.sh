# Functions of the launchers and of ./check. POSIX sh; $root is set by whoever sources this file.
# Everything said here goes to stderr: stdout may belong to a protocol.

say() { printf 'ironclaw: %s\n' "$*" >&2; }

# die STATUS MESSAGE: 69 (EX_UNAVAILABLE) is for something missing on this machine.
die() {
  status=$1
  shift
  say "$*"
  exit "$status"
}

is_root() { [ "$(id -u)" = 0 ]; }

# Prints the major version of the JDK in folder $1; fails when there is no compiler in it.
jdk_major() {
  [ -x "$1/bin/javac" ] && [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
  sed -n 's/^JAVA_VERSION="\([0-9][0-9]*\).*/\1/p' "$1/release"
}

# Sets JAVA_HOME to a JDK 25, else to a newer one; fails when there is none.
find_jdk() {
  on_path=$(command -v javac || true)
  [ -z "$on_path" ] || on_path=$(readlink -f "$on_path")
  newer=
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* "${on_path%/bin/javac}"; do
    major=$(jdk_major "$home") || continue
    [ -n "$major" ] || continue
    if [ "$major" -eq 25 ]; then
      JAVA_HOME=$home
      export JAVA_HOME
      return 0
    fi
    [ "$major" -lt 25 ] || [ -n "$newer" ] || newer=$home
  done
  [ -n "$newer" ] || return 1
  JAVA_HOME=$newer
  export JAVA_HOME
}

has_apt() { command -v apt-get >/dev/null 2>&1; }

apt_updated=
apt_update() {
  [ -z "$apt_updated" ] || return 0
  say "fetching the package lists"
  apt-get update -q </dev/null >&2 || say "apt-get update failed: going on with the lists that are there"
  apt_updated=1
}

# True when this distribution has package $1.
apt_has() {
  apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [0-9]' && return 0
  is_root || return 1
  apt_update
  apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [0-9]'
}

# Sets JAVA_HOME, after installing a JDK where that is possible.
need_jdk() {
  find_jdk && return 0
  if has_apt && apt_has openjdk-25-jdk-headless; then
    apt_install openjdk-25-jdk-headless
    find_jdk && return 0
  fi
  die 69 "no JDK 25 found: install one (Temurin 25 for example) and set JAVA_HOME to its folder"
}

apt_install() {
  is_root || die 69 "Install as root: apt-get install --no-install-recommends $*"
  for package; do
    apt_has "$package" || apt_update
  done
  say "installing $*"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" </dev/null >&2 ||
    die 69 "apt-get could not install $*: see its message above"
}

# need_packages PROBE=PACKAGE...: installs the packages whose probe is missing. A probe is the name of
# a command, or a file when it starts with a slash.
need_packages() {
  missing=
  for pair; do
    probe=${pair%%=*}
    case $probe in
      /*) [ -e "$probe" ] || missing="$missing ${pair#*=}" ;;
      *) command -v "$probe" >/dev/null 2>&1 || missing="$missing ${pair#*=}" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  has_apt || die 69 "missing on this machine:$missing (Debian's names); install them and try again"
  # shellcheck disable=SC2086 # package names have no spaces
  apt_install $missing
}

build_packages="mvn=maven gcc=gcc make=make /usr/include/stdio.h=libc6-dev"
vm_packages="qemu-system-x86_64=qemu-system-x86 mksquashfs=squashfs-tools bwrap=bubblewrap zstd=zstd"
# A VM's network device is for root alone.
[ "$(id -u)" != 0 ] || vm_packages="$vm_packages nft=nftables ip=iproute2"

# shellcheck disable=SC2086 # words
need_build_tools() {
  need_packages $build_packages
  need_jdk
}

# Both lists at once: whoever is not root wants to be told everything in one line.
# shellcheck disable=SC2086
need_all_tools() {
  need_packages $build_packages $vm_packages
  need_jdk
}

# Maven on the JDK found by need_jdk, with no colours, no download bars and no stdin.
run_maven() {
  (
    cd "$root"
    # Java asks the user database for the home folder; HOME is what the user means, and all there is
    # in a container with some uid. Maven splits the options at spaces.
    case ${HOME:-} in
      '' | *[[:space:]]*) ;;
      *) MAVEN_OPTS="-Duser.home=$HOME ${MAVEN_OPTS:-}" ;;
    esac
    # Maven's own libraries use sun.misc.Unsafe: nothing a user could do about the warnings.
    MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
    export MAVEN_OPTS
    exec mvn -B -ntp -Dstyle.color=never "$@" </dev/null
  )
}

# For the parts of ./check: says that something was not tested, and why.
not_tested() { printf '%s\n' "$*" >>"${CHECK_REASON:-/dev/stderr}"; }

# For the parts of ./check: ends the part as skipped, for this reason.
skip() {
  not_tested "$*"
  exit 77
}

# For the parts of ./check: runs the tests that the Maven options select. No test at all is no
# success, and one that was skipped is told.
run_tests() {
  marker=$(mktemp)
  trap 'rm -f "$marker"' EXIT
  trap 'exit 130' INT TERM
  status=0
  # One module after the other: tests that measure time don't share the processor.
  run_maven -T1 test "$@" || status=$?
  reports=$(find "$root"/modules/*/target/surefire-reports -name 'TEST-*.xml' -newer "$marker" \
    -exec grep -l '<testcase' {} + 2>/dev/null || true)
  [ "$status" -eq 0 ] || return "$status"
  [ -n "$reports" ] || die 1 "no test was found for: $*"
  find "$root"/modules/*/target/surefire-reports -name 'TEST-*.xml' -newer "$marker" \
    -exec awk -f "$root/scripts/skipped-tests.awk" {} + >>"${CHECK_REASON:-/dev/stderr}"
}
