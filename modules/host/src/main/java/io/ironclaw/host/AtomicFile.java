package io.ironclaw.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that are there whole or not at all, whoever writes the same one at the same time. */
public final class AtomicFile {
  private AtomicFile() {}

  /** Replaces a file in one step. */
  public static void write(Path file, byte[] content) throws IOException {
    Path made = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".new");
    boolean moved = false;
    try {
      Files.write(made, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      moved = true;
    } finally {
      if (!moved) {
        Files.deleteIfExists(made);
      }
    }
  }
}
