package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Which limits by control groups this host lets us have. */
public final class HostGroups {
  private static final GroupLimits SOME = new GroupLimits(1L << 30, 64, 1);

  private HostGroups() {}

  /**
   * Makes groups and removes them.
   *
   * @param folder a private one
   * @return why an item can't be had, by its name; empty if all can
   */
  public static Map<String, String> absent(Path folder) throws HostException {
    var group = ControlGroups.ofThisHost().make(SOME, folder);
    group.remove();
    var absent = new TreeMap<String, String>();
    group.absent().forEach((item, why) -> absent.put(item.text(), why));
    return absent;
  }
}
