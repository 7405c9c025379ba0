package io.ironclaw.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A command of a document, with what it promises. A comment behind the command that says {@code
 * status N} is its exit status. Output is shown in {@code console} blocks, behind a line that
 * begins with {@code $}; an ellipsis in it stands for anything.
 */
record Example(String place, String command, int status, Optional<String> output) {
  private static final Pattern COMMENT = Pattern.compile("\\s{2,}#\\s(.*)$");
  private static final Pattern STATUS = Pattern.compile("\\bstatus (\\d+)");
  private static final String PROMPT = "$ ";

  static List<Example> of(Block block) {
    return switch (block.language()) {
      case "sh" -> script(block);
      case "console" -> session(block);
      default -> List.of();
    };
  }

  private static List<Example> script(Block block) {
    var examples = new ArrayList<Example>();
    var command = new StringBuilder();
    for (var line : block.lines()) {
      if (command.isEmpty() && (line.isBlank() || line.startsWith("#"))) {
        continue;
      }
      command.append(line);
      if (line.endsWith("\\")) {
        command.append('\n');
      } else {
        examples.add(example(block, command.toString(), Optional.empty()));
        command.setLength(0);
      }
    }
    return examples;
  }

  private static List<Example> session(Block block) {
    var examples = new ArrayList<Example>();
    Optional<String> command = Optional.empty();
    var output = new StringBuilder();
    for (var line : block.lines()) {
      if (!line.startsWith(PROMPT)) {
        output.append(line).append('\n');
        continue;
      }
      command.ifPresent(c -> examples.add(example(block, c, Optional.of(output.toString()))));
      output.setLength(0);
      command = Optional.of(line.substring(PROMPT.length()));
    }
    command.ifPresent(c -> examples.add(example(block, c, Optional.of(output.toString()))));
    return examples;
  }

  private static Example example(Block block, String line, Optional<String> output) {
    var comment = COMMENT.matcher(line);
    if (!comment.find()) {
      return new Example(block.place(), line, 0, output);
    }
    var status = STATUS.matcher(comment.group(1));
    return new Example(
        block.place(),
        line.substring(0, comment.start()),
        status.find() ? Integer.parseInt(status.group(1)) : 0,
        output);
  }

  /** What the shown output allows. */
  static Pattern pattern(String shown) {
    var regex = new StringBuilder();
    for (var part : shown.split("…", -1)) {
      regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(part));
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }
}
