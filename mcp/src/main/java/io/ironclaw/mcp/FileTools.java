package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import io.ironclaw.sandbox.FileEntry;
import io.ironclaw.sandbox.Sandbox;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tools that read, write and list files of the VM. */
final class FileTools {
  private static final long DEFAULT_READ = 64 << 10;
  private static final long MAX_READ = 1 << 20;
  private static final long MAX_LIST = 2_000;

  private FileTools() {}

  private static McpSchema.ToolAnnotations annotations(
      String title, boolean readOnly, boolean destructive) {
    return McpSchema.ToolAnnotations.builder()
        .title(title)
        .readOnlyHint(readOnly)
        .destructiveHint(destructive)
        .idempotentHint(true)
        .openWorldHint(false)
        .build();
  }

  /** Reads a file, or a part of it. */
  static final class Read implements SandboxTool {
    @Override
    public McpSchema.Tool definition() {
      var input = new LinkedHashMap<String, Object>();
      input.put("path", Schema.text("Absolute path in the VM."));
      input.put("offset", Schema.integer("First byte, 0 if absent.", 0, Long.MAX_VALUE));
      input.put("limit", Schema.integer("Most bytes, 65536 if absent.", 1, MAX_READ));
      var output = new LinkedHashMap<String, Object>();
      output.put("content", Schema.text("The bytes, in the encoding named beside."));
      output.put(
          "encoding", Schema.choice("utf-8, or base64 for what is none.", "utf-8", "base64"));
      output.put("size", Schema.count("Size of the whole file in bytes."));
      output.put("offset", Schema.count("First byte of the content."));
      output.put("bytes", Schema.count("Bytes of the file that the content holds."));
      output.put("truncated", Schema.flag("Whether the file goes on after the content."));
      return McpSchema.Tool.builder("read_file", Schema.object(List.of("path"), input))
          .title("Read a file")
          .description("Reads a file of this session's VM, or a part of it.")
          .outputSchema(Schema.object(List.copyOf(output.keySet()), output))
          .annotations(annotations("Read a file", true, false))
          .build();
    }

    @Override
    public Answer call(Sandbox sandbox, Arguments arguments, Progress progress)
        throws Arguments.InvalidArgumentException, IronClawException, IOException {
      String path = arguments.required("path");
      long offset = arguments.integer("offset", 0, 0, Long.MAX_VALUE);
      long limit = arguments.integer("limit", DEFAULT_READ, 1, MAX_READ);
      arguments.end();
      var bytes = new ByteArrayOutputStream();
      var stat = sandbox.readFile(path, offset, limit, bytes);
      boolean more = offset + bytes.size() < stat.size();
      var data = new LinkedHashMap<String, Object>();
      String text = decoded(bytes.toByteArray(), data);
      data.put("size", stat.size());
      data.put("offset", offset);
      data.put("bytes", bytes.size());
      data.put("truncated", more);
      return new Answer(
          more
              ? text
                  + "\n[bytes %d to %d of %d; go on with offset %d]"
                      .formatted(offset, offset + bytes.size(), stat.size(), offset + bytes.size())
              : text,
          data);
    }

    private static String decoded(byte[] bytes, Map<String, Object> data) {
      try {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        data.put("content", text);
        data.put("encoding", "utf-8");
        return text;
      } catch (CharacterCodingException _) {
        String text = Base64.getEncoder().encodeToString(bytes);
        data.put("content", text);
        data.put("encoding", "base64");
        return "[binary, base64]\n" + text;
      }
    }
  }

  /** Writes a file. */
  static final class Write implements SandboxTool {
    @Override
    public McpSchema.Tool definition() {
      var input = new LinkedHashMap<String, Object>();
      input.put("path", Schema.text("Absolute path in the VM."));
      input.put("content", Schema.text("The new content, in the encoding named beside."));
      input.put("encoding", Schema.choice("utf-8 if absent.", "utf-8", "base64"));
      input.put("mode", Schema.text("Permissions in octal, 0644 if absent."));
      input.put("create_parents", Schema.flag("Whether to make missing folders."));
      var output = new LinkedHashMap<String, Object>();
      output.put("size", Schema.count("Bytes written."));
      return McpSchema.Tool.builder("write_file", Schema.object(List.of("path", "content"), input))
          .title("Write a file")
          .description(
              "Writes a file of this session's VM; an existing one is replaced in one step.")
          .outputSchema(Schema.object(List.copyOf(output.keySet()), output))
          .annotations(annotations("Write a file", false, true))
          .build();
    }

    @Override
    public Answer call(Sandbox sandbox, Arguments arguments, Progress progress)
        throws Arguments.InvalidArgumentException, IronClawException, IOException {
      String path = arguments.required("path");
      String content = arguments.required("content");
      byte[] bytes = bytes(content, arguments.text("encoding").orElse("utf-8"));
      int mode = mode(arguments.text("mode").orElse("0644"));
      boolean parents = arguments.flag("create_parents");
      arguments.end();
      var stat = sandbox.writeFile(path, mode, parents, new ByteArrayInputStream(bytes));
      return new Answer("wrote " + stat.size() + " bytes to " + path, Map.of("size", stat.size()));
    }

    private static byte[] bytes(String content, String encoding)
        throws Arguments.InvalidArgumentException {
      return switch (encoding) {
        case "utf-8" -> content.getBytes(StandardCharsets.UTF_8);
        case "base64" -> {
          try {
            yield Base64.getDecoder().decode(content);
          } catch (IllegalArgumentException _) {
            throw new Arguments.InvalidArgumentException("argument content is no base64");
          }
        }
        default ->
            throw new Arguments.InvalidArgumentException(
                "argument encoding must be utf-8 or base64");
      };
    }

    private static int mode(String octal) throws Arguments.InvalidArgumentException {
      try {
        int mode = Integer.parseInt(octal, 8);
        if (mode >= 0 && mode <= 07777) {
          return mode;
        }
      } catch (NumberFormatException _) {
        // Refused below, with every other wrong value.
      }
      throw new Arguments.InvalidArgumentException("argument mode must be octal, 0 to 7777");
    }
  }

  /** Lists a folder. */
  static final class ListFiles implements SandboxTool {
    @Override
    public McpSchema.Tool definition() {
      var input = new LinkedHashMap<String, Object>();
      input.put("path", Schema.text("Absolute path of a folder in the VM; /root if absent."));
      input.put("limit", Schema.integer("Most entries, 200 if absent.", 1, MAX_LIST));
      var entry = new LinkedHashMap<String, Object>();
      entry.put("name", Schema.text("File name."));
      entry.put(
          "kind",
          Schema.choice("What it is.", "file", "directory", "link", "device", "pipe", "socket"));
      entry.put("size", Schema.count("Bytes."));
      entry.put("mode", Schema.text("Permissions in octal."));
      entry.put("modified", Schema.text("Time of the last change, ISO 8601."));
      var output = new LinkedHashMap<String, Object>();
      output.put(
          "entries", Schema.list("Entries.", Schema.object(List.copyOf(entry.keySet()), entry)));
      output.put("total", Schema.count("Entries of the folder in all."));
      return McpSchema.Tool.builder("list_files", Schema.object(List.of(), input))
          .title("List files")
          .description("Lists a folder of this session's VM.")
          .outputSchema(Schema.object(List.copyOf(output.keySet()), output))
          .annotations(annotations("List files", true, false))
          .build();
    }

    @Override
    public Answer call(Sandbox sandbox, Arguments arguments, Progress progress)
        throws Arguments.InvalidArgumentException, IronClawException {
      String path = arguments.text("path").orElse("/root");
      int limit = (int) arguments.integer("limit", 200, 1, MAX_LIST);
      arguments.end();
      var listing = sandbox.listFiles(path, limit);
      var entries = new ArrayList<Map<String, Object>>();
      var text = new StringBuilder();
      for (var file : listing.entries()) {
        entries.add(entry(file));
        text.append(
            "%c%04o %10d %s%n"
                .formatted(file.kind(), file.mode() & 07777, file.size(), file.name()));
      }
      text.append("[%d of %d entries of %s]".formatted(entries.size(), listing.total(), path));
      return new Answer(text.toString(), Map.of("entries", entries, "total", listing.total()));
    }

    private static Map<String, Object> entry(FileEntry file) {
      var map = new LinkedHashMap<String, Object>();
      map.put("name", file.name());
      map.put(
          "kind",
          switch (file.kind()) {
            case 'd' -> "directory";
            case 'l' -> "link";
            case 'c', 'b' -> "device";
            case 'p' -> "pipe";
            case 's' -> "socket";
            default -> "file";
          });
      map.put("size", Math.max(0, file.size()));
      map.put("mode", "%04o".formatted(file.mode() & 07777));
      map.put("modified", Instant.ofEpochSecond(0, file.modifiedNanos()).toString());
      return map;
    }
  }
}
