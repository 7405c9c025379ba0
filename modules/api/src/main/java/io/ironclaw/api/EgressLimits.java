package io.ironclaw.api;

/**
 * What a guest may use of the network that it has.
 *
 * @param connections that are open at once, 1 to 65,535
 * @param newPerSecond that begin in a second, 1 to 100,000
 * @param mebibytes of both directions together, 1 to 2^30; what is beyond is dropped
 */
public record EgressLimits(int connections, int newPerSecond, long mebibytes) {
  /** 256 connections, 100 new ones in a second, 10 GiB. */
  public static final EgressLimits DEFAULT = new EgressLimits(256, 100, 10_240);

  public EgressLimits {
    if (connections < 1
        || connections > 65_535
        || newPerSecond < 1
        || newPerSecond > 100_000
        || mebibytes < 1
        || mebibytes > 1L << 30) {
      throw new IllegalArgumentException(
          "limits of %d connections, %d new in a second, %d MiB: use 1-65535, 1-100000, 1-2^30"
              .formatted(connections, newPerSecond, mebibytes));
    }
  }

  /**
   * {@code connections=N,rate=N,bytes=N[m|g]}, any of them.
   *
   * @throws IllegalArgumentException if it is none, with what to write
   */
  public static EgressLimits parse(String text) {
    int connections = DEFAULT.connections;
    int rate = DEFAULT.newPerSecond;
    long mebibytes = DEFAULT.mebibytes;
    for (var part : text.split(",", -1)) {
      int is = part.indexOf('=');
      String value = part.substring(is + 1);
      switch (is < 0 ? "" : part.substring(0, is)) {
        case "connections" -> connections = (int) number(part, value);
        case "rate" -> rate = (int) number(part, value);
        case "bytes" -> mebibytes = size(part, value);
        default -> throw wrong(part);
      }
    }
    return new EgressLimits(connections, rate, mebibytes);
  }

  private static long number(String part, String value) {
    if (!value.matches("[0-9]{1,9}")) {
      throw wrong(part);
    }
    return Long.parseLong(value);
  }

  private static long size(String part, String value) {
    String unit = value.isEmpty() ? "" : value.substring(value.length() - 1);
    long factor =
        switch (unit) {
          case "m", "M" -> 1;
          case "g", "G" -> 1_024;
          default -> throw wrong(part);
        };
    return factor * number(part, value.substring(0, value.length() - 1));
  }

  private static IllegalArgumentException wrong(String part) {
    return new IllegalArgumentException(
        "\""
            + Printable.line(part)
            + "\" is no limit of a network: write connections=256,rate=100,bytes=10g");
  }
}
