# Sourced by launch.sh for `ironclaw mcp stdio` while there is no build: an MCP client gives a server up
# that does not answer for half a minute, and the set-up takes minutes. So it runs by itself, and this
# answers meanwhile: initialize, ping and tools/list, from the files that Java answers with too. The
# first message that needs more is held, and goes to Java with the rest of stdin.
# `read` takes a line's bytes one by one from a pipe, so nothing of what follows is lost.

resources=$root/modules/mcp/src/main/resources/io/ironclaw/mcp
held=$root/build/mcp-held.$$
initialized=

# The scalar value of a key that stands once in the line.
value_of() {
  printf '%s\n' "$2" | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\(\"[^\"]*\"\|[0-9][0-9]*\).*/\1/p"
}

answer() { printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$1" "$2"; }

# One line, as Java writes it.
joined() { sed 's/^ *//' "$1" | tr -d '\n'; }

initialize() {
  case $(value_of protocolVersion "$2") in
    '"2024-11-05"' | '"2025-03-26"') initialized=2024-11-05 ;;
    '"2025-06-18"') initialized=2025-06-18 ;;
    *) initialized=2025-11-25 ;;
  esac
  # Who it says it is, for the audit.
  client=$(value_of name "$2")
  client_version=$(value_of version "$2")
  version=$(sed -n 's|.*<version>\(.*\)</version>.*|\1|p' "$root/pom.xml" | head -n 1)
  answer "$1" "\"result\":{\"protocolVersion\":\"$initialized\",\"capabilities\":{\"tools\":{},\"resources\":{}},\"serverInfo\":{\"name\":\"ironclaw\",\"title\":\"IronClaw\",\"version\":\"$version\"},\"instructions\":\"$(joined "$resources/instructions.txt")\"}"
}

# Answers a message, or fails: then it is Java's.
answered() {
  case $1 in *tools/call* | *'"id"'*'"id"'*) return 1 ;; esac
  id=$(value_of id "$1")
  case $(value_of method "$1") in
    '"initialize"')
      [ -n "$id" ] && [ -z "$initialized" ] || return 1
      initialize "$id" "$1"
      ;;
    '"notifications/initialized"') ;;
    '"ping"') answer "$id" '"result":{}' ;;
    '"tools/list"')
      [ -n "$initialized" ] || return 1
      answer "$id" "\"result\":$(joined "$resources/tools.json")"
      ;;
    *) return 1 ;;
  esac
}

mkdir -p "$root/build"
# In a session of its own: it goes on when the client loses patience.
setsid sh "$root/scripts/setup.sh" "$target" </dev/null >&2 &
setup=$!
is_setting_up() { kill -0 "$setup" 2>/dev/null; }

trap 'rm -f "$held"' EXIT
line=
while IFS= read -r line; do
  is_setting_up || break
  answered "$line" || break
  line=
done
if [ -z "$line" ]; then
  # The client is gone, and has asked for nothing.
  exit 0
fi
printf '%s\n' "$line" >"$held"

token=$(value_of progressToken "$line")
seconds=0
while is_setting_up; do
  sleep 1
  seconds=$((seconds + 1))
  [ -z "$token" ] ||
    printf '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":%s,"message":"IronClaw is being set up, once: %s s"}}\n' "$token" "$seconds" "$seconds"
done
wait "$setup" || {
  answer "$(value_of id "$line")" "\"error\":{\"code\":-32603,\"message\":\"IronClaw could not be set up; its log is $root/build/ironclaw-setup.log\"}"
  give_up "the set-up failed"
}
trap - EXIT
. "$state"
export IRONCLAW_MCP_HELD="$held"
if [ -n "${client:-}" ]; then
  export IRONCLAW_MCP_CLIENT="$client" IRONCLAW_MCP_CLIENT_VERSION="${client_version:-}"
fi
[ -z "$initialized" ] || export IRONCLAW_MCP_INITIALIZED="$initialized"
