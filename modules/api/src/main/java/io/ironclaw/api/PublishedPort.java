package io.ironclaw.api;

import java.util.regex.Pattern;

/**
 * A TCP port of the guest that can be connected to on the host.
 *
 * @param bind the address of the host that listens
 * @param hostPort 1 to 65535
 * @param guestPort 1 to 65535
 */
public record PublishedPort(IpBlock bind, int hostPort, int guestPort) {
  private static final IpBlock LOOPBACK = IpBlock.of("127.0.0.1");
  private static final int MOST_PORT = 65_535;
  private static final Pattern FORM =
      Pattern.compile("(?:([0-9.]+|\\[[0-9a-fA-F:]+]):)?([0-9]{1,5}):([0-9]{1,5})");

  public PublishedPort {
    if (!bind.isSingle()
        || hostPort < 1
        || hostPort > MOST_PORT
        || guestPort < 1
        || guestPort > MOST_PORT) {
      throw new IllegalArgumentException(
          "no port to publish: " + bind + ":" + hostPort + ":" + guestPort);
    }
  }

  /**
   * {@code HOST_PORT:GUEST_PORT} on the loopback, or with the address to listen on before it.
   *
   * @throws IllegalArgumentException if it is none, with what to write
   */
  public static PublishedPort parse(String text) {
    var found = FORM.matcher(text);
    if (found.matches()) {
      var address =
          found.group(1) == null
              ? java.util.Optional.of(LOOPBACK)
              : IpBlock.parse(found.group(1).replaceAll("[\\[\\]]", ""));
      int host = Integer.parseInt(found.group(2));
      int guest = Integer.parseInt(found.group(3));
      boolean ports = host >= 1 && host <= MOST_PORT && guest >= 1 && guest <= MOST_PORT;
      if (address.isPresent() && ports) {
        return new PublishedPort(address.get(), host, guest);
      }
    }
    throw new IllegalArgumentException(
        "\""
            + Printable.line(text)
            + "\" is no port to publish: write HOST_PORT:GUEST_PORT, such as 8080:80, which listens"
            + " on 127.0.0.1, or ADDRESS:HOST_PORT:GUEST_PORT");
  }

  @Override
  public String toString() {
    String address = bind.family() == IpBlock.Family.IPV6 ? "[" + bind + "]" : bind.addressText();
    return address + ":" + hostPort + ":" + guestPort;
  }
}
