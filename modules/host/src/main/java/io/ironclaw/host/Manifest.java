package io.ironclaw.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A small file of {@code key=value} lines: read on the way of every command, so nothing cleverer.
 * Of one that is longer than 64 KiB no more is read.
 */
public final class Manifest {
  private static final int MAX_SIZE = 64 << 10;

  private final Map<String, String> values;

  public Manifest(Map<String, String> values) {
    this.values = new LinkedHashMap<>(values);
  }

  /** Reads {@code file}; empty if there is none. A line without {@code =} is not looked at. */
  public static Optional<Manifest> read(Path file) throws IOException {
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_SIZE);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    var text = new String(bytes, StandardCharsets.UTF_8);
    var values = new LinkedHashMap<String, String>();
    for (int start = 0; start < text.length(); ) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      int equals = text.indexOf('=', start);
      if (equals > start && equals < end) {
        values.put(text.substring(start, equals), text.substring(equals + 1, end));
      }
      start = end + 1;
    }
    return Optional.of(new Manifest(values));
  }

  /** Replaces {@code file} in one step. */
  public void write(Path file) throws IOException {
    var text = new StringBuilder();
    values.forEach((key, value) -> {
      if (key.indexOf('=') >= 0 || key.indexOf('\n') >= 0 || value.indexOf('\n') >= 0) {
        throw new IllegalArgumentException("can't be written to a manifest: " + key);
      }
      text.append(key).append('=').append(value).append('\n');
    });
    AtomicFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** The value of {@code key}, empty text if there is none. */
  public String get(String key) {
    return values.getOrDefault(key, "");
  }

  public Map<String, String> values() {
    return Collections.unmodifiableMap(values);
  }
}
