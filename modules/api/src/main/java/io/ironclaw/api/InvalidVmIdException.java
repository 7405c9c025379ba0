package io.ironclaw.api;

import java.io.Serial;

/** A string that was offered as a {@link VmId} and is none. */
public final class InvalidVmIdException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1L;

  InvalidVmIdException(String value) {
    super(
        "VM id \""
            + Printable.ascii(value)
            + "\" is not valid: use 1 to 64 characters of a-z, 0-9 and, inside, -");
  }
}
