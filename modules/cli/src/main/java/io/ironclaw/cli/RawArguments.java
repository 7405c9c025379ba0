package io.ironclaw.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line's bytes as the kernel has them (proc(5), cmdline). Java replaces what is no
 * UTF-8, so a command would run with other arguments than those that were given.
 */
final class RawArguments {
  private static final char REPLACEMENT = '\ufffd';

  private RawArguments() {}

  /** An argument that is no text. */
  static final class UndecodableException extends Exception {
    private static final long serialVersionUID = 1L;

    UndecodableException(int number) {
      super(
          "argument "
              + number
              + " is no UTF-8 text; pass such bytes through stdin or a file instead");
    }
  }

  /** Refuses arguments that Java has changed. Costs nothing unless one looks like it. */
  static void check(String[] args) throws UndecodableException {
    for (int i = 0; i < args.length; i++) {
      if (args[i].indexOf(REPLACEMENT) >= 0 && !isText(args.length, i)) {
        throw new UndecodableException(i + 1);
      }
    }
  }

  private static boolean isText(int count, int index) {
    try {
      var raw = split(Files.readAllBytes(Path.of("/proc/self/cmdline")));
      // Ours are the last: Java's own options come first.
      var bytes = raw.get(raw.size() - count + index);
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    } catch (IOException | IndexOutOfBoundsException _) {
      // Can't be known, so it is not passed on.
      return false;
    }
  }

  private static List<byte[]> split(byte[] all) {
    var parts = new ArrayList<byte[]>();
    int start = 0;
    for (int i = 0; i < all.length; i++) {
      if (all[i] == 0) {
        parts.add(java.util.Arrays.copyOfRange(all, start, i));
        start = i + 1;
      }
    }
    return parts;
  }
}
