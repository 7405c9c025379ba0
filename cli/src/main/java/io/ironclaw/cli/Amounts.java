package io.ironclaw.cli;

import io.ironclaw.sandbox.SandboxSpec;
import io.ironclaw.vm.NetworkMode;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What users write as an option's value, and what it means. */
final class Amounts {
  /** Enough for any number that is not out of bounds anyway, and far from overflow. */
  private static final int MOST_DIGITS = 9;

  private static final String USE_SIZE = "use a number of MiB, or a size such as 512m or 2g";
  private static final String USE_TIME =
      "use a number of seconds, or a time such as 500ms, 30s or 5m";

  private Amounts() {}

  /**
   * A size in MiB: {@code 512}, {@code 512m}, {@code 512mb} and {@code 512MiB} are the same; also g
   * and t.
   *
   * @throws IllegalArgumentException if it is no size
   */
  static int mebibytes(String text) {
    int digits = digits(text);
    long number = number(text, digits, USE_SIZE);
    long mib =
        switch (unit(text, digits)) {
          case "", "m", "mb", "mib" -> number;
          case "g", "gb", "gib" -> number << 10;
          case "t", "tb", "tib" -> number << 20;
          default -> throw bad(text, USE_SIZE);
        };
    // More than any host has: the bounds of the VM's configuration name the limit.
    return (int) Math.min(mib, Integer.MAX_VALUE);
  }

  /**
   * A time: {@code 30} and {@code 30s} are the same; also ms, m and h.
   *
   * @throws IllegalArgumentException if it is no time
   */
  static Duration time(String text) {
    int digits = digits(text);
    long number = number(text, digits, USE_TIME);
    return switch (unit(text, digits)) {
      case "ms" -> Duration.ofMillis(number);
      case "", "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> throw bad(text, USE_TIME);
    };
  }

  /**
   * A network mode by its name.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  static NetworkMode network(String text) {
    return switch (text) {
      case "none" -> NetworkMode.NONE;
      case "proxy" -> NetworkMode.PROXY;
      case "tap" -> NetworkMode.TAP;
      default -> throw bad(text, "use none");
    };
  }

  /**
   * The least isolation by its name.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  static SandboxSpec.Assurance required(String text) {
    return switch (text) {
      case "any" -> SandboxSpec.Assurance.ANY;
      case "hardware" -> SandboxSpec.Assurance.HARDWARE;
      default -> throw bad(text, "use hardware or any");
    };
  }

  private static int digits(String text) {
    int n = 0;
    while (n < text.length() && text.charAt(n) >= '0' && text.charAt(n) <= '9') {
      n++;
    }
    return n;
  }

  private static long number(String text, int digits, String use) {
    if (digits < 1 || digits > MOST_DIGITS) {
      throw bad(text, use);
    }
    return Long.parseLong(text.substring(0, digits));
  }

  private static String unit(String text, int digits) {
    return text.substring(digits).toLowerCase(Locale.ROOT);
  }

  private static IllegalArgumentException bad(String text, String use) {
    return new IllegalArgumentException("\"" + Escaped.line(text) + "\" is not valid: " + use);
  }

  /** {@link #mebibytes} for picocli, which takes a message from its own exception only. */
  static final class Mebibytes implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      try {
        return mebibytes(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** {@link #time} for picocli. */
  static final class Time implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        return time(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** {@link #required} for picocli. */
  static final class Required implements ITypeConverter<SandboxSpec.Assurance> {
    @Override
    public SandboxSpec.Assurance convert(String text) {
      try {
        return required(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** {@link #network} for picocli. */
  static final class Network implements ITypeConverter<NetworkMode> {
    @Override
    public NetworkMode convert(String text) {
      try {
        return network(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
