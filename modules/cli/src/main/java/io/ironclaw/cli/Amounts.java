package io.ironclaw.cli;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.Jail;
import io.ironclaw.api.Network;
import io.ironclaw.api.Printable;
import io.ironclaw.sandbox.Drivers;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What users write as an option's value, and what it means. */
final class Amounts {
  /** Enough for any number that is not out of bounds anyway, and far from overflow. */
  private static final int MOST_DIGITS = 9;

  private static final String USE_SIZE = "use a number of MiB, or a size such as 512m or 1.5g";
  private static final String USE_TIME =
      "use a number of seconds, or a time such as 500ms, 30s or 1.5h";

  private Amounts() {}

  /**
   * A size in MiB: {@code 512}, {@code 512m}, {@code 512mb} and {@code 512MiB} are the same; also g
   * and t, and fractions.
   *
   * @throws IllegalArgumentException if it is no size
   */
  static int mebibytes(String text) {
    int end = numberEnd(text);
    var number = number(text, end, USE_SIZE);
    long factor =
        switch (unit(text, end)) {
          case "", "m", "mb", "mib" -> 1;
          case "g", "gb", "gib" -> 1L << 10;
          case "t", "tb", "tib" -> 1L << 20;
          default -> throw bad(text, USE_SIZE);
        };
    // More than any host has: the bounds of the VM's configuration name the limit.
    return number
        .multiply(BigDecimal.valueOf(factor))
        .setScale(0, RoundingMode.DOWN)
        .min(BigDecimal.valueOf(Integer.MAX_VALUE))
        .intValueExact();
  }

  /**
   * A time: {@code 30} and {@code 30s} are the same; also ms, m, h and d, and fractions.
   *
   * @throws IllegalArgumentException if it is no time
   */
  static Duration time(String text) {
    int end = numberEnd(text);
    var number = number(text, end, USE_TIME);
    long millis =
        switch (unit(text, end)) {
          case "ms" -> 1;
          case "", "s" -> 1_000;
          case "m" -> 60_000;
          case "h" -> 3_600_000;
          case "d" -> 86_400_000;
          default -> throw bad(text, USE_TIME);
        };
    return Duration.ofMillis(
        number
            .multiply(BigDecimal.valueOf(millis))
            .setScale(0, RoundingMode.DOWN)
            .longValueExact());
  }

  /**
   * A network mode by its name.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  static Network network(String text) {
    return switch (text) {
      case "none" -> Network.NONE;
      case "proxy" -> new Network.Proxy(List.of());
      case "tap" -> Network.Tap.CLOSED;
      default -> throw bad(text, "use none or tap");
    };
  }

  /**
   * The least isolation by its name.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  static Assurance required(String text) {
    return text.equals("any") ? Assurance.ANY : Assurance.parse(text);
  }

  /**
   * What is around the hypervisor.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  static Jail jail(String text) {
    return switch (text) {
      case "bubblewrap" -> Jail.BUBBLEWRAP;
      case "none" -> Jail.NONE;
      default -> throw bad(text, "use bubblewrap or none");
    };
  }

  /** Which hypervisor: {@code auto}, {@code firecracker} or {@code qemu}. */
  static Drivers.Wanted hypervisor(String text) {
    return switch (text) {
      case "auto" -> Drivers.Wanted.AUTO;
      case "firecracker" -> Drivers.Wanted.FIRECRACKER;
      case "qemu" -> Drivers.Wanted.QEMU;
      default -> throw bad(text, "use auto, firecracker or qemu");
    };
  }

  /** Where the number at the beginning ends: digits, and a point with digits after it. */
  private static int numberEnd(String text) {
    int n = digits(text, 0);
    if (n > 0 && n + 1 < text.length() && text.charAt(n) == '.') {
      int fraction = digits(text, n + 1);
      return fraction > n + 1 ? fraction : n;
    }
    return n;
  }

  private static int digits(String text, int from) {
    int n = from;
    while (n < text.length() && text.charAt(n) >= '0' && text.charAt(n) <= '9') {
      n++;
    }
    return n;
  }

  private static BigDecimal number(String text, int end, String use) {
    if (end < 1 || end > MOST_DIGITS) {
      throw bad(text, use);
    }
    return new BigDecimal(text.substring(0, end));
  }

  private static String unit(String text, int digits) {
    return text.substring(digits).toLowerCase(Locale.ROOT);
  }

  private static IllegalArgumentException bad(String text, String use) {
    return new IllegalArgumentException("\"" + Printable.of(text) + "\" is not valid: " + use);
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
  static final class Required implements ITypeConverter<Assurance> {
    @Override
    public Assurance convert(String text) {
      try {
        return required(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** A filter of commands. */
  static GuestSeccomp guestSeccomp(String text) {
    return Arrays.stream(GuestSeccomp.values())
        .filter(level -> level.text().equals(text))
        .findFirst()
        .orElseThrow(() -> bad(text, "use minimal, basic or off"));
  }

  /** {@link #guestSeccomp} for picocli. */
  static final class GuestFilter implements ITypeConverter<GuestSeccomp> {
    @Override
    public GuestSeccomp convert(String text) {
      try {
        return guestSeccomp(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** {@link #jail} for picocli. */
  static final class Jailing implements ITypeConverter<Jail> {
    @Override
    public Jail convert(String text) {
      try {
        return jail(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** {@link #hypervisor} for picocli. */
  static final class Driving implements ITypeConverter<Drivers.Wanted> {
    @Override
    public Drivers.Wanted convert(String text) {
      try {
        return hypervisor(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** {@link #network} for picocli. */
  static final class Mode implements ITypeConverter<Network> {
    @Override
    public Network convert(String text) {
      try {
        return network(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
