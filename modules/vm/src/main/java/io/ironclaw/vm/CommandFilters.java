package io.ironclaw.vm;

import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.HostException;
import io.ironclaw.guest.CommandFilter;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.jail.seccomp.PackagedPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The system call filters that commands run under in their guests: the files beside this class, as
 * programs for the guest's kernel. What a rule lets fail with EPERM is counted. Safe for many
 * threads.
 */
public final class CommandFilters {
  private final FilterCache cache;
  private final Map<GuestSeccomp, CommandFilter> made = new EnumMap<>(GuestSeccomp.class);

  public CommandFilters(FilterCache cache) {
    this.cache = cache;
  }

  /**
   * The filter of a level; empty = none.
   *
   * @throws HostException if this host can make none
   */
  public synchronized Optional<CommandFilter> of(GuestSeccomp level) throws HostException {
    int number =
        switch (level) {
          case OFF -> 0;
          case MINIMAL -> 1;
          case BASIC -> 2;
        };
    if (number == 0) {
      return Optional.empty();
    }
    var known = Optional.ofNullable(made.get(level));
    if (known.isPresent()) {
      return known;
    }
    var file =
        cache.of(
            new FilterCache.Wanted(
                PackagedPolicy.json(CommandFilters.class, level.text()), FilterCache.Use.COUNT));
    try {
      var filter = new CommandFilter(number, Files.readAllBytes(file));
      made.put(level, filter);
      return Optional.of(filter);
    } catch (IOException e) {
      throw new HostException("can't read the filter " + file + ": " + PrivateDir.reason(e), e);
    }
  }
}
