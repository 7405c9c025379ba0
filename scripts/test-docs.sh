#!/bin/sh
# Fails when a document links to a file that is not there, or no document was found.
set -eu
cd "$1"
found=0 broken=0
for document in $(find . -name '*.md' -not -path './build/*' -not -path '*/target/*' -not -path '*/node_modules/*'); do
  found=$((found + 1))
  for link in $(grep -o ']([^)]*)' "$document" | sed 's/^](//; s/)$//; s/[# ].*//'); do
    case $link in http://* | https://* | mailto:*) continue ;; esac
    [ -e "$(dirname "$document")/$link" ] || {
      echo "$document: $link does not exist"
      broken=$((broken + 1))
    }
  done
done
echo "$found documents, $broken broken links"
[ "$found" -gt 0 ] && [ "$broken" -eq 0 ]
