package io.ironclaw.vm.qemu;

import io.ironclaw.api.Printable;
import io.ironclaw.vm.PlainJson;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** QMP's messages. */
final class QmpJson {
  private QmpJson() {}

  /** A command with arguments: strings, booleans, numbers, and lists and maps of them. */
  static String command(String name, Map<String, Object> arguments) {
    var command = new LinkedHashMap<String, Object>(Map.of("execute", name));
    if (!arguments.isEmpty()) {
      command.put("arguments", arguments);
    }
    return PlainJson.write(command);
  }

  static Qmp.Message parse(String line) throws IOException {
    try {
      return message(PlainJson.object(line));
    } catch (IOException e) {
      throw new IOException("QMP message is " + e.getMessage(), e);
    }
  }

  private static Qmp.Message message(Map<String, Object> map) throws IOException {
    if (map.containsKey("QMP")) {
      return new Qmp.Message.Greeting();
    }
    if (map.containsKey("return")) {
      return new Qmp.Message.Return(Optional.ofNullable(map.get("return")).orElse(Map.of()));
    }
    if (map.containsKey("error")) {
      return asMap(map.get("error")).get("desc") instanceof String reason
          ? new Qmp.Message.Failure(Printable.of(reason))
          : new Qmp.Message.Failure("it gives no reason");
    }
    if (map.get("event") instanceof String name) {
      return new Qmp.Message.Event(name, asMap(map.get("data")));
    }
    throw new IOException("none of greeting, return, error, event");
  }

  @SuppressWarnings("unchecked") // maps are made by PlainJson, with string keys only
  private static Map<String, Object> asMap(@org.jspecify.annotations.Nullable Object value) {
    return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }
}
