package io.ironclaw.mcp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The tools as they are told to clients: the file {@code tools.json} beside this class, so that the
 * list is the same text in every process, that a change of it can be reviewed, and that the
 * launcher can answer with it while IronClaw is still being built.
 */
final class ToolList {
  static final List<String> NAMES =
      List.of("exec", "read_file", "write_file", "list_files", "isolation_proof", "why");

  private ToolList() {}

  /** The result of {@code tools/list}: the file's lines, joined. */
  static JsonText.Raw result() {
    return new JsonText.Raw(text("tools.json"));
  }

  /** What a model is told at the start. */
  static String instructions() {
    return text("instructions.txt");
  }

  private static String text(String name) {
    try (var in = ToolList.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the build left out " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .collect(Collectors.joining());
    } catch (IOException e) {
      throw new IllegalStateException(name + " can't be read", e);
    }
  }
}
