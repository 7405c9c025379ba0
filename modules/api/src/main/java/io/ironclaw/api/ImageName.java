package io.ironclaw.api;

/** The name of an image: {@code [a-z0-9]}, then up to 63 of {@code [a-z0-9._-]}. */
public record ImageName(String value) {
  public static final int MAX_LENGTH = 64;

  /** The default image: a small Debian of the host's release with a shell, Python, curl and git. */
  public static final ImageName DEBIAN = new ImageName("debian");

  /**
   * @throws IllegalArgumentException if {@code value} breaks the rule
   */
  public ImageName {
    if (!isValid(value)) {
      throw new IllegalArgumentException(
          "image name \""
              + Printable.line(value)
              + "\" is not valid: use 1 to 64 characters of a-z, 0-9 and, after the first, . _ -");
    }
  }

  /** True if {@code value} can be a name. */
  public static boolean isValid(String value) {
    int n = value.length();
    if (n < 1 || n > MAX_LENGTH) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      char c = value.charAt(i);
      boolean alphanumeric = c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
      if (!alphanumeric && (i == 0 || c != '.' && c != '_' && c != '-')) {
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
