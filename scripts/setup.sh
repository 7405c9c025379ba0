#!/bin/sh
# setup.sh TARGET: everything that has to happen once before TARGET (ironclaw or bench) can start:
# tools, build, libraries, guest image, start-up cache. Writes build/TARGET/launch, which the launchers read.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd -P)
target=${1:?target}
. "$root/scripts/lib.sh"

case $root in
  *[\':\"]*) die 78 "the path $root has a quote or a colon in it, which a class path can't have: move the folder" ;;
esac

case $target in
  ironclaw) modules=modules/cli main_class=io.ironclaw.cli.Main ;;
  bench) modules=modules/cli,modules/benchmarks main_class=io.ironclaw.bench.Main ;;
  *) die 64 "unknown target $target" ;;
esac

out=$root/build/$target
log=$root/build/$target-setup.log
{ mkdir -p "$out" && touch "$root/build/setup.lock"; } 2>/dev/null ||
  die 73 "can't write in $root/build: builds go there; let its owner run this once, or clone to a folder of yours"

# One set-up at a time: who comes second waits, and finds the work done.
exec 9>"$root/build/setup.lock"
if ! flock -n 9; then
  say "waiting for another set-up to end"
  before=$(cat "$out/launch" 2>/dev/null || true)
  flock 9
  after=$(cat "$out/launch" 2>/dev/null || true)
  [ "$before" = "$after" ] || exit 0
fi

# Children must not keep the lock.
(
  exec 9>&-
  : >"$log"
  # A source saved during the build is newer than this.
  started=$out/.started
  : >"$started"
  build_id=$(date +%Y%m%d-%H%M%S)-$$
  new=$out/$build_id

  fail() {
    # Maven resets the colours even when it uses none; stack traces would push out what happened.
    sed "s/$(printf '\033')\[0m//g; /^[[:space:]]*at /d; /re-run Maven/d; /^\[ERROR\] *$/d" "$log" | tail -n 30 >&2
    die 70 "$1 failed; the whole log is $log"
  }

  # timed WHAT COMMAND...: runs COMMAND into the log and says how long it took.
  timed() {
    what=$1
    shift
    say "$what ..."
    begin=$(date +%s)
    "$@" >>"$log" 2>&1 || return 1
    say "$what: done in $(($(date +%s) - begin)) s"
  }

  # The JVM looks into every archive at every start: all rooms go into one, with the manifest of cli.
  one_archive() {
    set --
    for jar in "$new"/lib/ironclaw-*.jar; do
      room=${jar##*/ironclaw-}
      room=${room%%-[0-9]*}
      [ "$room" != cli ] || continue
      set -- "$@" -C "$root/modules/$room/target/classes" .
      rm "$jar"
    done
    mv "$new"/lib/ironclaw-cli-*.jar "$new/lib/ironclaw.jar" &&
      "$JAVA_HOME/bin/jar" --update --file "$new/lib/ironclaw.jar" "$@"
  }

  need_all_tools
  env --block-signal=INT true 2>/dev/null || die 69 "env of coreutils 8.31 or newer is needed"
  say "setting up with the JDK in $JAVA_HOME"

  timed "building with Maven (downloads its parts the first time)" \
    run_maven -q -pl "$modules" -am -Dmaven.test.skip -Dspotless.check.skip package || fail "the build"

  mkdir -p "$new/lib"
  cp "$root"/modules/cli/target/lib/*.jar "$root"/modules/cli/target/ironclaw-cli-*.jar "$new/lib/"
  [ "$target" != bench ] || cp "$root"/modules/benchmarks/target/ironclaw-benchmarks-*.jar "$new/lib/"
  one_archive >>"$log" 2>&1 || fail "joining the rooms"
  # The cache below can't hold classes of Java 5, and picocli's are.
  timed "preparing the libraries" "$JAVA_HOME/bin/java" "$root/build-support/UpgradeClasses.java" \
    "$new"/lib/picocli-*.jar || fail "preparing the libraries"

  class_path=
  for jar in "$new/lib/ironclaw.jar" "$new"/lib/*.jar; do
    case :$class_path: in *:"$jar":*) ;; *) class_path=$class_path${class_path:+:}$jar ;; esac
  done
  # The JVM's warnings would go to stdout, which may belong to a protocol.
  java_options="-XX:+UseSerialGC -XX:-UsePerfData"
  # A command line ends before the optimizing compiler pays off; a benchmark does not.
  [ "$target" = bench ] || java_options="$java_options -XX:TieredStopAtLevel=1"
  java_options="$java_options -Xlog:disable -Xlog:all=error:stderr --enable-native-access=ALL-UNNAMED"
  # So would its other words, such as that it can't start.
  java_options="$java_options -XX:+DisplayVMOutputToStderr"
  # Signals are read as the kernel queues them: Java must not act on any.
  [ "$target" = bench ] || java_options="$java_options -Xrs"

  # java_run SECONDS OPTION ARGS...: the command line, with one more JVM option.
  java_run() {
    seconds=$1 option=$2
    shift 2
    # What is run to be recorded is nothing that a user did: it has an audit of its own.
    # shellcheck disable=SC2086
    XDG_STATE_HOME=$root/build/setup-state timeout -k 5 "$seconds" "$JAVA_HOME/bin/java" $option $java_options -cp "$class_path" \
      io.ironclaw.cli.Main "$@"
  }

  # train NAME SECONDS ARGS...: runs the command once, recording what it loads into NAME.aot.
  # A failure costs start-up time, nothing else.
  train() {
    name=$1 seconds=$2
    shift 2
    if java_run "$seconds" "-XX:AOTCacheOutput=$new/$name.aot" "$@" >>"$log" 2>&1 && [ -s "$new/$name.aot" ]; then
      return 0
    fi
    rm -f "$new/$name.aot"
    return 1
  }

  mcp_session() {
    printf '%s\n' \
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"setup","version":"1"}}}' \
      '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
      '{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
  }

  if [ "$target" = ironclaw ]; then
    case $new in
      *[[:space:]]*) say "no start-up cache: this folder's path has a space in it, and starting takes longer" ;;
      *)
        say "building the guest image and its template (downloads packages the first time) ..."
        if java_run 900 -Dironclaw.setup=true exec -- true >>"$log" 9>&-; then
          say "recording a start-up cache ..."
          train ironclaw 120 exec -- true || say "no start-up cache from a VM run; see $log"
        else
          say "no VM could be started yet (above); \`./ironclaw doctor\` says why"
        fi
        [ -s "$new/ironclaw.aot" ] || train ironclaw 60 --version ||
          say "no start-up cache: starting takes longer"
        mcp_session | train mcp 60 mcp stdio || say "no start-up cache for mcp stdio; see $log"
        ;;
    esac
  fi

  {
    echo "# Written by scripts/setup.sh; read by the launchers."
    printf "%s='%s'\n" built_state "$out/launch" java "$JAVA_HOME/bin/java" java_options "$java_options" \
      lib "$new/lib" caches "$new" class_path "$class_path" main_class "$main_class"
  } >"$out/launch.new"
  touch -r "$started" "$out/launch.new"
  mv "$out/launch.new" "$out/launch"

  # Keep this build and the one before it: a running server may still load classes from there.
  ls -1d "$out"/*/ | sort | head -n -2 | while read -r old; do rm -rf "$old"; done
  say "ready"
)
