package io.ironclaw.api;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The addresses of one family that begin with the same bits (RFC 4632, RFC 4291 section 2.3).
 *
 * @param family of the addresses
 * @param first the lowest address, as a number
 * @param prefix how many bits are the same
 */
public record IpBlock(Family family, BigInteger first, int prefix) {
  /** IPv4 or IPv6. */
  public enum Family {
    IPV4(32),
    IPV6(128);

    private final int bits;

    Family(int bits) {
      this.bits = bits;
    }

    /** Of an address. */
    public int bits() {
      return bits;
    }
  }

  private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]{0,2}");
  private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{1,4}");
  private static final int GROUPS = 8;

  /**
   * @throws IllegalArgumentException if the address has bits behind the prefix, or there are no
   *     such bits
   */
  public IpBlock {
    if (prefix < 0
        || prefix > family.bits
        || first.signum() < 0
        || first.bitLength() > family.bits
        || first.signum() > 0 && first.getLowestSetBit() < family.bits - prefix) {
      throw new IllegalArgumentException(
          "no block of addresses: /%d has address bits behind its prefix".formatted(prefix));
    }
  }

  /**
   * An address alone, or with {@code /prefix}; in the usual writing only: four decimal numbers
   * without leading zeros, or RFC 4291 without IPv4 in it and without a zone. What other programs
   * take for addresses, as 2130706433 and 0177.0.0.1, is none here.
   */
  public static Optional<IpBlock> parse(String text) {
    int slash = text.indexOf('/');
    var address = address(slash < 0 ? text : text.substring(0, slash));
    if (slash < 0 || address.isEmpty()) {
      return address;
    }
    var length = text.substring(slash + 1);
    if (!DECIMAL.matcher(length).matches()) {
      return Optional.empty();
    }
    try {
      var found = address.get();
      return Optional.of(new IpBlock(found.family, found.first, Integer.parseInt(length)));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** As {@link #parse}, for what is known to be right. */
  public static IpBlock of(String text) {
    return parse(text)
        .orElseThrow(() -> new IllegalArgumentException("no block of addresses: " + text));
  }

  /** The block of one address. */
  public static IpBlock of(InetAddress address) {
    byte[] bytes = address.getAddress();
    var family = bytes.length == 4 ? Family.IPV4 : Family.IPV6;
    return new IpBlock(family, new BigInteger(1, bytes), family.bits);
  }

  private static Optional<IpBlock> address(String text) {
    return text.indexOf(':') < 0 ? ipv4(text) : ipv6(text);
  }

  private static Optional<IpBlock> ipv4(String text) {
    var parts = text.split("\\.", -1);
    var number = BigInteger.ZERO;
    for (var part : parts) {
      if (!DECIMAL.matcher(part).matches() || Integer.parseInt(part) > 255) {
        return Optional.empty();
      }
      number = number.shiftLeft(8).add(BigInteger.valueOf(Integer.parseInt(part)));
    }
    return parts.length == 4 ? Optional.of(new IpBlock(Family.IPV4, number, 32)) : Optional.empty();
  }

  private static Optional<IpBlock> ipv6(String text) {
    int gap = text.indexOf("::");
    var head = groups(gap < 0 ? text : text.substring(0, gap));
    var tail = groups(gap < 0 ? "" : text.substring(gap + 2));
    if (head.isEmpty() || tail.isEmpty()) {
      return Optional.empty();
    }
    int missing = GROUPS - head.get().size() - tail.get().size();
    if (gap < 0 ? missing != 0 : missing < 1) {
      return Optional.empty();
    }
    var all = new ArrayList<>(head.get());
    for (int i = 0; i < missing; i++) {
      all.add(0);
    }
    all.addAll(tail.get());
    var number = BigInteger.ZERO;
    for (int group : all) {
      number = number.shiftLeft(16).add(BigInteger.valueOf(group));
    }
    return Optional.of(new IpBlock(Family.IPV6, number, 128));
  }

  private static Optional<List<Integer>> groups(String text) {
    if (text.isEmpty()) {
      return Optional.of(List.of());
    }
    var parts = text.split(":", -1);
    return Arrays.stream(parts).allMatch(part -> HEX.matcher(part).matches())
        ? Optional.of(Arrays.stream(parts).map(part -> Integer.parseInt(part, 16)).toList())
        : Optional.empty();
  }

  /** Whether every address of {@code other} is one of this. */
  public boolean contains(IpBlock other) {
    int shift = family.bits - prefix;
    return family == other.family
        && other.prefix >= prefix
        && other.first.shiftRight(shift).equals(first.shiftRight(shift));
  }

  /** Whether it is one address. */
  public boolean isSingle() {
    return prefix == family.bits;
  }

  /** The lowest address. */
  public InetAddress address() {
    var bytes = new byte[family.bits / 8];
    byte[] number = first.toByteArray();
    int length = Math.min(bytes.length, number.length);
    System.arraycopy(number, number.length - length, bytes, bytes.length - length, length);
    try {
      // An address that is IPv4 mapped would become one of IPv4.
      return family == Family.IPV4
          ? InetAddress.getByAddress(bytes)
          : java.net.Inet6Address.getByAddress(null, bytes, -1);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The lowest address in its shortest writing (RFC 5952). */
  public String addressText() {
    return family == Family.IPV4 ? address().getHostAddress() : shortest();
  }

  private String shortest() {
    var groups = new int[GROUPS];
    for (int i = 0; i < GROUPS; i++) {
      groups[i] = first.shiftRight(16 * (GROUPS - 1 - i)).intValue() & 0xffff;
    }
    int from = -1;
    int most = 1;
    for (int i = 0; i < GROUPS; i++) {
      int end = i;
      while (end < GROUPS && groups[end] == 0) {
        end++;
      }
      if (end - i > most) {
        most = end - i;
        from = i;
      }
      i = Math.max(i, end - 1);
    }
    var text = new StringBuilder();
    for (int i = 0; i < GROUPS; i++) {
      if (i == from) {
        text.append("::");
        i += most - 1;
      } else {
        boolean joined = text.isEmpty() || text.charAt(text.length() - 1) == ':';
        text.append(joined ? "" : ":").append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }

  /** An address without its prefix, a block with it. */
  @Override
  public String toString() {
    return isSingle() ? addressText() : addressText() + "/" + prefix;
  }
}
