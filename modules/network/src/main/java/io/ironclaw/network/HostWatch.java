package io.ironclaw.network;

import io.ironclaw.api.HostException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** One {@link Watch} over the host's namespace for all slots of this process. */
final class HostWatch {
  private final Namespace host;
  private final Map<Plan, Runnable> slots = new ConcurrentHashMap<>();
  private Optional<Watch> watch = Optional.empty();

  HostWatch(Namespace host) {
    this.host = host;
  }

  /** Has somebody look again after each change that names the slot's tables or its link. */
  synchronized void add(Plan plan, Runnable changed) throws HostException {
    slots.put(plan, changed);
    if (watch.isEmpty()) {
      watch = Optional.of(Watch.over(host, this::changed));
    }
  }

  synchronized void remove(Plan plan) {
    slots.remove(plan);
    if (slots.isEmpty()) {
      watch.ifPresent(Watch::close);
      watch = Optional.empty();
    }
  }

  private void changed(Optional<byte[]> told) {
    slots.forEach((plan, look) -> {
      if (told.isEmpty() || names(told.get(), plan.table()) || names(told.get(), plan.link())) {
        look.run();
      }
    });
  }

  /** Whether a name is among what the kernel told; it ends each with a zero. */
  private static boolean names(byte[] told, String name) {
    var bytes = (name + "\0").getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i + bytes.length <= told.length; i++) {
      int same = 0;
      while (same < bytes.length && told[i + same] == bytes[same]) {
        same++;
      }
      if (same == bytes.length) {
        return true;
      }
    }
    return false;
  }
}
