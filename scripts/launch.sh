# Sourced by ./ironclaw and ./bench with $root and $target: builds the target when a source is newer
# than its last build, then becomes Java. This is on the way of every command: it forks once (find).

state=$root/build/$target/launch

case $target in
  bench) more_sources="benchmarks/pom.xml benchmarks/src/main" ;;
  *) more_sources= ;;
esac

# True when the last build is there, belongs to this folder, and no source is newer. Folders count
# too: their time changes when a file is deleted.
up_to_date() {
  [ -r "$state" ] || return 1
  . "$state"
  [ -x "$java" ] && [ -d "$lib" ] && [ "$state" -ef "$built_state" ] || return 1
  newer=$(
    cd "$root"
    # shellcheck disable=SC2086 # two words
    exec find pom.xml .mvn build-support scripts/setup.sh guest-agent core/pom.xml core/src/main \
      mcp/pom.xml mcp/src/main cli/pom.xml cli/src/main $more_sources \
      -newer "$state" -print -quit 2>/dev/null
  )
  [ -z "$newer" ]
}

if ! up_to_date; then
  # stdin may be an MCP client's: the set-up must not eat its first request.
  sh "$root/scripts/setup.sh" "$target" </dev/null >&2
  . "$state"
fi

# `ironclaw mcp` uses other classes than the rest, so it has a cache of its own.
cache=$caches/$target.aot
[ "${1:-}" != mcp ] || [ ! -r "$caches/mcp.aot" ] || cache=$caches/mcp.aot
[ ! -r "$cache" ] || java_options="-XX:AOTCache=$cache $java_options"

# The cache's path has no spaces in it: setup.sh makes no cache in a folder that has.
# shellcheck disable=SC2086
exec "$java" $java_options -cp "$class_path" "$main_class" "$@"
