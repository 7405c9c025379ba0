package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.HostTool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code nft} and {@code ip}, in a network namespace. Safe for many threads. */
final class Tools {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int MOST_OUTPUT = 16 << 20;
  private static final String SYSTEM = ":/usr/sbin:/sbin";

  /** CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN (capabilities(7)). */
  private static final long NEEDED = 1L << 12 | 1L << 13 | 1L << 21;

  private final Path nft;
  private final Path ip;
  private final Path nsenter;
  private final List<String> entering;
  private final JsonMapper json = new JsonMapper();

  private Tools(Path nft, Path ip, Path nsenter, List<String> entering) {
    this.nft = nft;
    this.ip = ip;
    this.nsenter = nsenter;
    this.entering = entering;
  }

  /**
   * Finds them, for the host's namespace.
   *
   * @throws HostException if one is missing, or this process may not use them
   */
  static Tools find(String searchPath) throws HostException {
    requireRights();
    return new Tools(
        find("nft", "nftables", searchPath),
        find("ip", "iproute2", searchPath),
        find("nsenter", "util-linux", searchPath),
        List.of());
  }

  /** The same in another namespace. */
  Tools in(Namespace namespace) {
    return new Tools(nft, ip, nsenter, namespace.entering(nsenter));
  }

  private static Path find(String name, String packaged, String searchPath) throws HostException {
    return HostTool.find(name, searchPath + SYSTEM)
        .orElseThrow(() ->
            new HostException(
                "no network: "
                    + name
                    + " is not on PATH, and a VM with a network device needs its firewall (a host"
                    + " with iptables alone will not do); install it (Debian, Ubuntu: apt-get"
                    + " install "
                    + packaged
                    + ") or choose no network (--network none)"));
  }

  /** Whether this process could have made a network on this host. */
  static boolean isAble(String searchPath) throws HostException {
    return hasRights() && HostTool.find("nft", searchPath + SYSTEM).isPresent();
  }

  private static boolean hasRights() throws HostException {
    try {
      for (var line : Files.readAllLines(Path.of("/proc/thread-self/status"))) {
        if (line.startsWith("CapEff:")) {
          long has = Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16);
          return (has & NEEDED) == NEEDED;
        }
      }
      return false;
    } catch (IOException e) {
      throw new HostException("can't read which capabilities this process has: " + e, e);
    }
  }

  private static void requireRights() throws HostException {
    if (!hasRights()) {
      throw new HostException(
          "no network: a VM with a network device needs a namespace and a firewall, which take"
              + " CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_RAW; start IronClaw as root, or choose"
              + " no network (--network none)");
    }
  }

  /** Loads tables in one transaction, in place of those of the same names. */
  void load(List<Table> tables) throws IOException, HostException {
    var commands = new ArrayList<JsonNode>();
    for (var table : tables) {
      commands.addAll(removal(table));
      table.objects().forEach(object -> commands.add(Nft.object("add", object)));
    }
    run(commands);
  }

  /** Removes tables, whether they are there or not. */
  void delete(List<Table> tables) throws IOException, HostException {
    run(tables.stream().flatMap(table -> removal(table).stream()).toList());
  }

  /** Of a table that may be there or not: one that is added is there. */
  private static List<JsonNode> removal(Table table) {
    var head = table.objects().getFirst();
    return List.of(Nft.object("add", head), Nft.object("delete", head));
  }

  /** Runs commands in one transaction: all of them, or none. */
  void run(List<JsonNode> commands) throws IOException, HostException {
    var input = json.writeValueAsBytes(Nft.object("nftables", Nft.list(commands)));
    output(List.of(nft.toString(), "-j", "-f", "-"), input, "write the firewall's rules");
  }

  /** All tables that there are. */
  JsonNode ruleset() throws IOException, HostException {
    return list("ruleset");
  }

  /** Some of them, such as {@code table inet x}, each of which must be there. */
  JsonNode list(String... what) throws IOException, HostException {
    var command = new ArrayList<>(List.of(nft.toString(), "-j", "list"));
    command.addAll(List.of(what));
    return tree(output(command, new byte[0], "read the firewall's rules back"));
  }

  /** The same tables out of two listings, as one. */
  JsonNode list(List<Table> tables) throws IOException, HostException {
    var all = Nft.list(List.of());
    for (var table : tables) {
      var listing = list("table", table.family(), table.name());
      listing.path("nftables").forEach(all::add);
    }
    return Nft.object("nftables", all);
  }

  /** Commands of {@code ip}, one a line. */
  void ip(List<String> lines) throws IOException, HostException {
    var input = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    output(List.of(ip.toString(), "-batch", "-"), input, "set up a network");
  }

  /** What {@code ip -j} says. */
  JsonNode ipList(String... what) throws IOException, HostException {
    var command = new ArrayList<>(List.of(ip.toString(), "-j"));
    command.addAll(List.of(what));
    return tree(output(command, new byte[0], "look at a network"));
  }

  private JsonNode tree(byte[] text) throws IOException {
    try {
      return text.length == 0 ? Nft.list(List.of()) : json.readTree(text);
    } catch (JacksonException e) {
      throw new IOException("nft or ip printed no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private byte[] output(List<String> command, byte[] input, String purpose)
      throws IOException, HostException {
    var whole = new ArrayList<>(entering);
    whole.addAll(command);
    try {
      return new HostTool(whole, Path.of("/"), LIMIT)
          .output(
              stdin -> {
                stdin.write(input);
                stdin.close();
              },
              MOST_OUTPUT);
    } catch (IOException e) {
      throw new IOException(
          "can't "
              + purpose
              + ": "
              + command.getFirst()
              + " says: "
              + Printable.line(String.valueOf(e.getMessage())),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("interrupted while a network was set up", e);
    }
  }

  /** For {@link NamespaceThread#call}. */
  static Callable<Boolean> task(Task task) {
    return () -> {
      task.run();
      return true;
    };
  }

  /** What is to be done in a namespace. */
  @FunctionalInterface
  interface Task {
    void run() throws IOException, HostException;
  }
}
