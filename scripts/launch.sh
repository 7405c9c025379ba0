# Sourced by ./ironclaw and ./bench with $root and $target: builds the target when a source is newer
# than its last build, then becomes Java. This is on the way of every command: it forks once (find).

# What is closed is opened on /dev/null: else the first file that Java opens would be its stdin, and
# a file of this host would go into the guest as a command's input.
[ -e /proc/self/fd/0 ] || exec </dev/null
[ -e /proc/self/fd/1 ] || exec >/dev/null
[ -e /proc/self/fd/2 ] || exec 2>/dev/null

# 125: IronClaw could not do its part.
give_up() {
  printf 'ironclaw: %s\n' "$*" >&2
  exit 125
}

[ . -ef "${PWD:-}" ] || give_up "the current folder is gone: change to another one"

state=$root/build/$target/launch

# True when the last build is there and belongs to this folder.
is_built() {
  [ -r "$state" ] || return 1
  . "$state"
  [ -x "$java" ] && [ -d "$lib" ] && [ "$state" -ef "$built_state" ]
}

# True when no source is newer than it, too. Folders count as well: their time changes when a file is
# deleted.
up_to_date() {
  is_built || return 1
  newer=$(
    cd "$root"
    exec find pom.xml .mvn build-support scripts/setup.sh guest-agent modules/*/pom.xml \
      modules/*/src/main -newer "$state" -print -quit 2>/dev/null
  )
  [ -z "$newer" ]
}

unset IRONCLAW_MCP_HELD IRONCLAW_MCP_INITIALIZED IRONCLAW_MCP_CLIENT IRONCLAW_MCP_CLIENT_VERSION
if up_to_date; then
  :
elif [ "$target ${1:-} ${2:-}" = "ironclaw mcp stdio" ] && is_built; then
  printf 'ironclaw: a source is newer than the build: it serves while a new one is made (build/%s-setup.log)\n' "$target" >&2
  setsid sh "$root/scripts/setup.sh" "$target" </dev/null >/dev/null 2>&1 &
elif [ "$target ${1:-} ${2:-}" = "ironclaw mcp stdio" ]; then
  . "$root/scripts/mcp-waiting.sh"
else
  # stdin may be an MCP client's: the set-up must not eat its first request.
  sh "$root/scripts/setup.sh" "$target" </dev/null >&2 || exit 125
  . "$state"
fi

# `ironclaw mcp` uses other classes than the rest, so it has a cache of its own.
cache=$caches/$target.aot
[ "${1:-}" != mcp ] || [ ! -r "$caches/mcp.aot" ] || cache=$caches/mcp.aot
[ ! -r "$cache" ] || java_options="-XX:AOTCache=$cache $java_options"

# Java takes arguments, variables and paths for text in the locale's encoding; here they are UTF-8
# whatever the locale. What is changed for Java alone is kept for `--env NAME`.
unset IRONCLAW_SAVED_LC_ALL IRONCLAW_SAVED_JAVA_TOOL_OPTIONS IRONCLAW_SAVED_JDK_JAVA_OPTIONS IRONCLAW_SAVED__JAVA_OPTIONS
[ -z "${LC_ALL+x}" ] || export IRONCLAW_SAVED_LC_ALL="$LC_ALL"
[ -z "${JAVA_TOOL_OPTIONS+x}" ] || export IRONCLAW_SAVED_JAVA_TOOL_OPTIONS="$JAVA_TOOL_OPTIONS"
[ -z "${JDK_JAVA_OPTIONS+x}" ] || export IRONCLAW_SAVED_JDK_JAVA_OPTIONS="$JDK_JAVA_OPTIONS"
[ -z "${_JAVA_OPTIONS+x}" ] || export IRONCLAW_SAVED__JAVA_OPTIONS="$_JAVA_OPTIONS"
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS
export LC_ALL=C.UTF-8

# Signals that belong to a command in a guest wait until Java reads them (host.ffi.SignalQueue); the
# rest of this is no command, and ends as any program does.
block=
case $target-${1:-} in
  ironclaw-exec | ironclaw-shell | ironclaw-spawn-vm | ironclaw-mcp)
    block="env --block-signal=HUP,INT,QUIT,TERM,CONT,TSTP,TTIN,WINCH"
    ;;
esac

# The cache's path has no spaces in it: setup.sh makes no cache in a folder that has.
# shellcheck disable=SC2086
exec $block "$java" $java_options -cp "$class_path" "$main_class" "$@"
