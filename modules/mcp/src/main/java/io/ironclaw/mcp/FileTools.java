package io.ironclaw.mcp;

import io.ironclaw.api.FileEntry;
import io.ironclaw.api.FileStat;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.Sandbox;
import io.ironclaw.tool.Progress;
import io.ironclaw.tool.ToolCall;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tools that read, write and list files of the VM. */
final class FileTools {
  private static final long DEFAULT_READ = 64 << 10;
  private static final long MAX_READ = 1 << 20;
  private static final long MAX_LIST = 2_000;
  private static final int ALL_ENTRIES = 65_536;

  /** The largest whole number that every JSON reader has: 2^53 - 1. */
  private static final long LARGEST = (1L << 53) - 1;

  private FileTools() {}

  /** Reads a file, or a part of it. */
  static final class Read implements McpTool {
    @Override
    public String name() {
      return "read_file";
    }

    @Override
    public Prepared prepare(Arguments arguments, Progress progress)
        throws Arguments.InvalidArgumentException {
      String path = arguments.required("path");
      long offset = arguments.integer("offset", 0, 0, LARGEST);
      long limit = arguments.integer("limit", DEFAULT_READ, 1, MAX_READ);
      arguments.end();
      // One byte more shows whether the file goes on: those of /proc and /sys don't know their
      // size.
      var read = new ByteArrayOutputStream();
      return new Prepared.InVm<>(
          new ToolCall.ReadFile(path, offset, limit + 1, read),
          (stat, _) -> answer(stat, read.toByteArray(), offset, limit));
    }

    private static Answer answer(FileStat stat, byte[] bytes, long offset, long limit) {
      var chunk = Chunk.of(bytes, (int) Math.min(limit, bytes.length));
      boolean more = chunk.length() < bytes.length;
      long next = offset + chunk.length();
      var data = new LinkedHashMap<String, Object>();
      data.put("content", chunk.content());
      data.put("encoding", chunk.isText() ? "utf-8" : "base64");
      data.put("size", stat.size());
      data.put("offset", offset);
      data.put("bytes", chunk.length());
      data.put("truncated", more);
      String text =
          chunk.isText()
              ? chunk.content()
              : "[binary: "
                  + chunk.length()
                  + " bytes, as base64 in the structured content; the command base64 prints them]";
      if (more) {
        String notice =
            "bytes %d to %d of %d; go on with offset %d"
                .formatted(offset, next, Math.max(stat.size(), next + 1), next);
        data.put("next_offset", next);
        Notice.add(data, List.of(notice));
        text += "\n[" + notice + "]";
      }
      return new Answer(text, data);
    }
  }

  /**
   * The part of what was read that a result has room for, cut between characters.
   *
   * @param length its bytes
   */
  private record Chunk(int length, String content, boolean isText) {
    static Chunk of(byte[] bytes, int most) {
      var head = java.util.Arrays.copyOf(bytes, most);
      int fits = Fitting.fittingPrefix(head, McpTool.Answer.MOST_TWICE);
      return text(head, fits)
          .map(text -> new Chunk(fits, text, true))
          .orElseGet(() -> binary(head, most));
    }

    private static Chunk binary(byte[] head, int most) {
      int length = Math.min(most, McpTool.Answer.MOST_ONCE / 4 * 3 - 3);
      return new Chunk(
          length, Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(head, length)), false);
    }

    private static Optional<String> text(byte[] bytes, int length) {
      if (length == 0 && bytes.length > 0) {
        return Optional.empty();
      }
      try {
        var decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length));
        return Optional.of(decoded.toString());
      } catch (CharacterCodingException _) {
        return Optional.empty();
      }
    }
  }

  /** Writes a file. */
  static final class Write implements McpTool {
    @Override
    public String name() {
      return "write_file";
    }

    @Override
    public Prepared prepare(Arguments arguments, Progress progress)
        throws Arguments.InvalidArgumentException {
      String path = arguments.required("path");
      String content = arguments.required("content");
      byte[] bytes = bytes(content, arguments.text("encoding").orElse("utf-8"));
      int mode = mode(arguments.text("mode").orElse("0644"));
      boolean parents = arguments.flag("create_parents");
      arguments.end();
      return new Prepared.InVm<>(
          new ToolCall.WriteFile(path, mode, parents, new ByteArrayInputStream(bytes)),
          new Written(path, parents));
    }

    private record Written(String path, boolean parents) implements Telling<FileStat> {
      @Override
      public Answer answer(FileStat stat, Sandbox sandbox) {
        var data = new LinkedHashMap<String, Object>();
        data.put("size", stat.size());
        return new Answer("wrote " + stat.size() + " bytes to " + path, data);
      }

      @Override
      public String refusal(GuestRefusedException e) {
        return e.errno() == GuestRefusedException.ENOENT && !parents
            ? e.getMessage() + "; to make missing folders set create_parents to true"
            : e.getMessage();
      }
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
  static final class ListFiles implements McpTool {
    @Override
    public String name() {
      return "list_files";
    }

    @Override
    public Prepared prepare(Arguments arguments, Progress progress)
        throws Arguments.InvalidArgumentException {
      String path = arguments.text("path").orElse("/root");
      int offset = (int) arguments.integer("offset", 0, 0, ALL_ENTRIES);
      int limit = (int) arguments.integer("limit", 200, 1, MAX_LIST);
      arguments.end();
      return new Prepared.InVm<>(
          new ToolCall.ListFiles(path, ALL_ENTRIES),
          (listing, _) -> answer(listing, path, offset, limit));
    }

    private static Answer answer(Sandbox.Listing listing, String path, int offset, int limit) {
      var sorted =
          listing.entries().stream().sorted(Comparator.comparing(FileEntry::name)).toList();
      var entries = new ArrayList<Map<String, Object>>();
      var text = new StringBuilder();
      int room = Answer.MOST_ONCE;
      int at = Math.min(offset, sorted.size());
      while (at < sorted.size() && entries.size() < limit) {
        var entry = entry(sorted.get(at));
        String line = line(sorted.get(at));
        room -= JsonText.write(entry).length() + 1 + JsonText.length(line);
        if (room < 0) {
          break;
        }
        entries.add(entry);
        text.append(line);
        at++;
      }
      var data = new LinkedHashMap<String, Object>();
      data.put("entries", entries);
      data.put("total", listing.total());
      text.append("[%d of %d entries of %s]".formatted(entries.size(), listing.total(), path));
      if (at < sorted.size()) {
        String notice = "there are more entries; go on with offset " + at;
        data.put("next_offset", at);
        Notice.add(data, List.of(notice));
        text.append("\n[").append(notice).append(']');
      }
      return new Answer(text.toString(), data);
    }

    /** A name may hold anything: none may pose as a line of its own. */
    private static String line(FileEntry file) {
      return "%c%04o %10d %s\n"
          .formatted(file.kind(), file.mode() & 07777, file.size(), Printable.of(file.name()));
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
      map.put("size", Math.clamp(file.size(), 0, LARGEST));
      map.put("mode", "%04o".formatted(file.mode() & 07777));
      map.put("modified", Instant.ofEpochSecond(0, file.modifiedNanos()).toString());
      return map;
    }
  }
}
