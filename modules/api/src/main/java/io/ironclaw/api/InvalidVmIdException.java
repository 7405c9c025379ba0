package io.ironclaw.api;

import java.io.Serial;

/** A string that was offered as a {@link VmId} and is none. */
public final class InvalidVmIdException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1L;

  private static final int SHOWN = 80;

  InvalidVmIdException(String value) {
    super(
        "VM id \""
            + printable(value)
            + "\" is not valid: use 1 to 64 characters of a-z, 0-9 and, inside, -");
  }

  private static String printable(String value) {
    var shown = new StringBuilder();
    for (int i = 0; i < Math.min(SHOWN, value.length()); i++) {
      char c = value.charAt(i);
      if (c >= ' ' && c < 0x7f) {
        shown.append(c);
      } else {
        shown.append(String.format("\\u%04x", (int) c));
      }
    }
    return value.length() > SHOWN ? shown + "..." : shown.toString();
  }
}
