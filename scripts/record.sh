#!/bin/sh
# record.sh FILE.svg: runs the commands below in this clone and draws what a terminal would show.
# docs/recording.svg is its work: sh scripts/record.sh docs/recording.svg
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
picture=${1:?give the name of the picture to write}
text=$(mktemp)
trap 'rm -f "$text"' EXIT

# show COMMAND: runs it; in the text, C marks a command and O its output.
show() {
  printf 'C%s\n' "$1"
  (cd "$root" && sh -c "$1" </dev/null 2>&1) | cut -c 1-"$columns" | sed 's/^/O/'
}

columns=118
"$root/ironclaw" --version >/dev/null
{
  show './ironclaw exec -- uname -a'
  show "./ironclaw exec --verbose -- sh -c 'whoami; ls /sys/class/net'"
  show './ironclaw exec -- curl -sS https://example.com'
  show "./ironclaw test-mcp --call exec --args '{\"command\":\"hostname\"}' -- ./ironclaw mcp stdio"
} >"$text"

awk -v columns="$columns" -v lines="$(wc -l <"$text")" '
  BEGIN {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-size=\"13\"", columns * 7.9 + 24, lines * 19 + 28
    print " font-family=\"ui-monospace,Menlo,Consolas,monospace\">"
    print "<title>IronClaw in a terminal</title>"
    print "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#10151c\"/>"
  }
  {
    kind = substr($0, 1, 1)
    line = substr($0, 2)
    gsub(/&/, "\\&amp;", line); gsub(/</, "\\&lt;", line); gsub(/>/, "\\&gt;", line)
    printf "<text x=\"12\" y=\"%d\" xml:space=\"preserve\" fill=\"%s\">", NR * 19 + 10, kind == "C" ? "#7ee787" : "#c9d1d9"
    if (kind == "C") printf "$ <tspan class=\"c\" fill=\"#ffffff\">%s</tspan>", line
    else printf "%s", line
    print "</text>"
  }
  END { print "</svg>" }
' "$text" >"$picture"
