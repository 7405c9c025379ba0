#!/bin/sh
# Fuzzes everything that reads bytes which somebody else has written: fuzz.sh [SECONDS]
# Each target so many seconds (60), three or four at a time. What is found is kept in build/fuzz and fails the
# run; a case that was mended goes to the corpus, fuzz/TARGET, which the unit tests read. For hours
# of it: scripts/fuzz.sh 7200; what is new in build/fuzz/TARGET can go to the corpus, too.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
seconds=${1:-60}
jazzer=0.30.0
out=$root/build/fuzz

need_all_tools
need_packages clang=clang /usr/lib/llvm-14/lib/clang=libclang-rt-14-dev
run_maven -q -T1C test-compile -pl modules/guest,modules/jail,modules/proof,modules/audit,modules/vm-firecracker -am
version=$(sed -n 's/.*<jackson.version>\(.*\)<.*/\1/p' "$root/pom.xml")
for artifact in com.code-intelligence:jazzer:$jazzer com.code-intelligence:jazzer-api:$jazzer tools.jackson.core:jackson-core:$version; do
  run_maven -q dependency:copy -Dartifact="$artifact" -DoutputDirectory="$out/lib"
done
path=$(ls "$out"/lib/*.jar | tr '\n' ':')
for room in api host image guest jail vm vm-firecracker proof audit; do
  path=$path$root/modules/$room/target/classes:$root/modules/$room/target/test-classes:
done

# java_target CLASS CORPUS
java_target() {
  mkdir -p "$out/$2/$1"
  (
    cd "$out/$2/$1"
    "$JAVA_HOME/bin/java" -Xmx1g --enable-native-access=ALL-UNNAMED -cp "$path" com.code_intelligence.jazzer.Jazzer \
      --target_class="$1" --instrumentation_includes='io.ironclaw.**' \
      -max_total_time="$seconds" -max_len=70000 -timeout=10 "$out/$2/$1" "$root/fuzz/$2" >log 2>&1 || {
      sed -n '/== Java Exception/,$p' log | head -60 >&2
      echo "fuzzing found something in $1: see $out/$2/$1" >&2
      exit 1
    }
    echo "$1: $(sed -n 's/^Done \([0-9]* runs\).*/\1/p' log) in $seconds s, nothing found"
  )
}

agent_target() {
  make -s -C "$root/guest-agent" OUT="$root/build/guest-agent" SECONDS="$seconds" fuzz >"$out/agent.log" 2>&1 || {
    tail -60 "$out/agent.log" >&2
    echo "fuzzing found something in the agent's frame reader: see build/guest-agent/fuzz" >&2
    return 1
  }
  echo "guest-agent frame reader: $(sed -n 's/^Done \([0-9]* runs\).*/\1/p' "$out/agent.log") in $seconds s, nothing found"
}

failed=0
agent_target &
agent=$!
java_target io.ironclaw.guest.FrameFuzz frames &
first=$!
java_target io.ironclaw.guest.MessageFuzz frames || failed=1
wait "$first" || failed=1
wait "$agent" || failed=1
java_target io.ironclaw.jail.seccomp.PolicyFuzz policies &
first=$!
java_target io.ironclaw.vm.firecracker.HttpAnswerFuzz answers &
second=$!
java_target io.ironclaw.proof.ProofFuzz proofs &
third=$!
java_target io.ironclaw.audit.AuditFuzz audit || failed=1
wait "$first" || failed=1
wait "$second" || failed=1
wait "$third" || failed=1
exit "$failed"
