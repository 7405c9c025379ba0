package io.ironclaw.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A fenced block of a Markdown document.
 *
 * @param line where it begins, from 1
 * @param language what is written behind the fence; may be empty
 */
record Block(String document, int line, String language, List<String> lines) {
  private static final String FENCE = "```";

  Block {
    lines = List.copyOf(lines);
  }

  String text() {
    return String.join("\n", lines) + "\n";
  }

  String place() {
    return document + ":" + line;
  }

  static List<Block> of(Path root, Path file) throws IOException {
    String document = root.relativize(file).toString();
    var blocks = new ArrayList<Block>();
    var inside = new ArrayList<String>();
    Optional<String> language = Optional.empty();
    int begin = 0;
    int at = 0;
    for (var line : Files.readAllLines(file)) {
      at++;
      boolean fence = line.strip().startsWith(FENCE);
      if (fence && language.isEmpty()) {
        language = Optional.of(line.strip().substring(FENCE.length()));
        begin = at;
      } else if (fence) {
        blocks.add(new Block(document, begin, language.get(), inside));
        inside.clear();
        language = Optional.empty();
      } else if (language.isPresent()) {
        inside.add(line);
      }
    }
    if (language.isPresent()) {
      throw new IOException(document + ":" + begin + ": a fence that does not end");
    }
    return blocks;
  }
}
