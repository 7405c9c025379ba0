package io.ironclaw.api;

import java.security.SecureRandom;

/**
 * The name of a VM: 1 to 64 characters of {@code [a-z0-9]} with {@code -} inside. It is checked
 * here and nowhere else, so no path, socket or interface name can be built from an unchecked one.
 */
public record VmId(String value) {
  public static final int MAX_LENGTH = 64;

  /**
   * @throws InvalidVmIdException if {@code value} breaks the rule
   */
  public VmId {
    if (!isValid(value)) {
      throw new InvalidVmIdException(value);
    }
  }

  /** A fresh id, {@code vm-} and 12 characters from the system's generator. */
  public static VmId random() {
    var alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    var random = new SecureRandom();
    var id = new StringBuilder("vm-");
    for (int i = 0; i < 12; i++) {
      id.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return new VmId(id.toString());
  }

  /** Whether a text is such a name. */
  public static boolean isValid(String value) {
    int n = value.length();
    if (n < 1 || n > MAX_LENGTH || value.charAt(0) == '-' || value.charAt(n - 1) == '-') {
      return false;
    }
    for (int i = 0; i < n; i++) {
      char c = value.charAt(i);
      if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return value;
  }
}
