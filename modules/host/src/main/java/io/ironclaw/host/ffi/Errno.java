package io.ironclaw.host.ffi;

/** Error numbers in words (errno(3)); those that calls of this package give. */
final class Errno {
  private Errno() {}

  static String text(int number) {
    return switch (number) {
      case 1 -> "Operation not permitted";
      case 2 -> "No such file or directory";
      case 12 -> "Cannot allocate memory";
      case 13 -> "Permission denied";
      case 16 -> "Device or resource busy";
      case 20 -> "Not a directory";
      case 22 -> "Invalid argument";
      case 24 -> "Too many open files";
      case 28 -> "No space left on device";
      case 30 -> "Read-only file system";
      default -> "error " + number;
    };
  }
}
