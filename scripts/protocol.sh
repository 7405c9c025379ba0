#!/bin/sh
# Makes the numbers of the guest protocol for C and Java of guest-agent/protocol.table.
# protocol.sh --check: fails when what is in the repository is something else.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
table=$root/guest-agent/protocol.table
java=modules/guest/src/main/java/io/ironclaw/guest
tab=$(printf '\t')

c_header() {
  cat <<'END'
// Numbers of the guest protocol (docs/guest-protocol.md). Made by scripts/protocol.sh of protocol.table.
#ifndef IRONCLAW_PROTOCOL_H
#define IRONCLAW_PROTOCOL_H

#define AGENT_VERSION "0.1.0"
#define MAX_UNSENT 262144u

END
  # What is compared with a size is unsigned, as sizes are.
  awk -F"$tab" '
    /^#/ { next }
    $1 == "version" { print "#define " $2 " " $3 }
    $1 == "number" { print "#define " $2 " " $3 ($2 ~ /^(PROTOCOL_MAGIC|FRAME_HEADER|MAX_PAYLOAD|GUEST_STREAM|INITIAL_WINDOW|MAX_CREDIT|MAX_PATH_BYTES|MAX_ENTRIES)$/ ? "u" : "") }
    $1 == "frame" { frames = frames "  " $2 " = " $3 ",\n" }
    END { printf "\nenum frame_type {\n%s};\n\n#endif\n", frames }
  ' "$table"
}

frame_type() {
  cat <<'END'
package io.ironclaw.guest;

import io.ironclaw.api.ProtocolException;
import org.jspecify.annotations.Nullable;

/**
 * The frames, with their codes; docs/guest-protocol.md has their payloads. Made by
 * scripts/protocol.sh of guest-agent/protocol.table.
 */
public enum FrameType {
END
  awk -F"$tab" '
    $1 == "frame" { if (last) print last ","; last = "  " $2 "(" tolower($3) ")" }
    END { print last ";" }
  ' "$table"
  cat <<'END'

  private static final @Nullable FrameType[] BY_CODE = new @Nullable FrameType[256];

  static {
    for (var type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;

  FrameType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  /**
   * @throws ProtocolException if no frame has this code
   */
  static FrameType of(int code) throws ProtocolException {
    @Nullable FrameType type = BY_CODE[code & 0xff];
    if (type == null) {
      throw ProtocolException.field("frame type", "0x%02x".formatted(code & 0xff), "a known type");
    }
    return type;
  }
}
END
}

numbers() {
  cat <<'END'
package io.ironclaw.guest;

/**
 * The numbers of the guest protocol (docs/guest-protocol.md). Made by scripts/protocol.sh of
 * guest-agent/protocol.table.
 */
final class ProtocolNumbers {
END
  awk -F"$tab" '
    $1 == "version" || $1 == "number" { print "  static final int " $2 " = " tolower($3) ";" }
  ' "$table"
  cat <<'END'

  private ProtocolNumbers() {}
}
END
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
c_header >"$work/protocol.h"
frame_type >"$work/FrameType.java"
numbers >"$work/ProtocolNumbers.java"

status=0
for made in guest-agent/src/protocol.h "$java/FrameType.java" "$java/ProtocolNumbers.java"; do
  if [ "${1:-}" = --check ]; then
    cmp -s "$work/${made##*/}" "$root/$made" || {
      echo "$made is not what guest-agent/protocol.table says: run scripts/protocol.sh"
      status=1
    }
  else
    cp "$work/${made##*/}" "$root/$made"
  fi
done
exit "$status"
