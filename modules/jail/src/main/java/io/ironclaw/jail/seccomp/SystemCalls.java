package io.ironclaw.jail.seccomp;

import io.ironclaw.api.HostException;
import io.ironclaw.host.ffi.SeccompLibrary;
import java.util.Map;
import java.util.TreeMap;

/** The names of system calls. */
public final class SystemCalls {
  private SystemCalls() {}

  /** What is known of each number by its name; of what is not, {@code system call N}. */
  public static <V> Map<String, V> named(Map<Integer, V> byNumber) {
    var named = new TreeMap<String, V>();
    if (byNumber.isEmpty()) {
      return named;
    }
    try (var library = SeccompLibrary.open()) {
      byNumber.forEach(
          (number, value) -> named.put(library.name(number).orElse(unnamed(number)), value));
    } catch (HostException _) {
      // No library, and yet somebody counted: the numbers have to do.
      byNumber.forEach((number, value) -> named.put(unnamed(number), value));
    }
    return named;
  }

  private static String unnamed(int number) {
    return "system call " + number;
  }
}
