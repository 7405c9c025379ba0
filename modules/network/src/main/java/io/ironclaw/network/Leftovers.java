package io.ironclaw.network;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What slots leave on the host when their owner is killed: their tables. The kernel takes the rest
 * with their namespace.
 */
final class Leftovers {
  private static final Pattern TABLE = Pattern.compile(Plan.TABLE + "([1-9][0-9]{0,4})");
  private static final Pattern LINK = Pattern.compile(Plan.LINK + "([1-9][0-9]{0,4})");

  private Leftovers() {}

  /** Removes what there is of a slot on the host; for whoever has its number. */
  static void clear(Tools tools, Plan plan) throws IOException, HostException {
    tools.delete(List.of(new Table("inet", plan.table()), new Table("netdev", plan.table())));
    for (var link : tools.ipList("link", "show", "type", "veth")) {
      if (link.path("ifname").asString("").equals(plan.link())) {
        tools.ip(List.of("link del " + plan.link()));
      }
    }
  }

  /**
   * Removes what slots have left that nobody has any more.
   *
   * @return of how many
   */
  static int clear(Tools tools, SlotNumbers numbers) throws IOException, HostException {
    var found = new TreeSet<Integer>();
    for (var object : tools.list("tables").path("nftables")) {
      add(found, TABLE, object.path("table").path("name").asString(""));
    }
    for (var link : tools.ipList("link", "show", "type", "veth")) {
      add(found, LINK, link.path("ifname").asString(""));
    }
    int cleared = 0;
    for (int number : found) {
      var taken = numbers.take(number);
      if (taken.isPresent()) {
        try (var _ = taken.get()) {
          clear(tools, new Plan(number));
          cleared++;
        }
      }
    }
    return cleared;
  }

  private static void add(Set<Integer> found, Pattern pattern, String name) {
    var matcher = pattern.matcher(name);
    if (matcher.matches() && Integer.parseInt(matcher.group(1)) <= Plan.MOST) {
      found.add(Integer.parseInt(matcher.group(1)));
    }
  }
}
