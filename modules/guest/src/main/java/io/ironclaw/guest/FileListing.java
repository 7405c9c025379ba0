package io.ironclaw.guest;

import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.ProtocolException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The entries of a guest's folder, and how many it has in total. */
public record FileListing(List<Entry> entries, long total) {
  private static final String KINDS = "-dlcbps";
  private static final int MAX_NAME = 255;
  private static final int MAX_TARGET = ProtocolNumbers.MAX_PATH_BYTES;

  /** What all entries may take; 65,536 of names and targets as long as can be would be 285 MB. */
  private static final long MAX_BYTES = 16L << 20;

  private static final int ENTRY_BYTES = 32;

  /**
   * One entry. The name is the guest's: any characters but NUL and {@code /}.
   *
   * @param kind the letter of {@code ls -l}
   */
  public record Entry(
      char kind, int mode, long size, long modifiedNanos, String name, Optional<String> target) {}

  public FileListing {
    entries = List.copyOf(entries);
  }

  /**
   * Reads entries to the stream's end.
   *
   * @param what for messages
   * @throws GuestRefusedException if they take too much memory: the folder is not to be listed
   *     whole
   */
  static List<Entry> read(InputStream from, int most, String what)
      throws IOException, ProtocolException, GuestRefusedException {
    var in = new DataInputStream(new java.io.BufferedInputStream(from, 32_768));
    var entries = new ArrayList<Entry>();
    long taken = 0;
    for (int kind = in.read(); kind >= 0; kind = in.read()) {
      if (entries.size() == most) {
        throw ProtocolException.field("folder entries", "over " + most, "0 to " + most);
      }
      try {
        var entry = entry((char) kind, in);
        taken += ENTRY_BYTES + entry.name().length() + entry.target().map(String::length).orElse(0);
        if (taken > MAX_BYTES) {
          throw new GuestRefusedException(
              what, 75, "names of over " + (MAX_BYTES >> 20) + " MiB; list fewer entries");
        }
        entries.add(entry);
      } catch (EOFException _) {
        throw ProtocolException.field("folder listing", "cut off in an entry", "whole entries");
      }
    }
    return entries;
  }

  private static Entry entry(char kind, DataInputStream in) throws IOException, ProtocolException {
    if (KINDS.indexOf(kind) < 0) {
      throw ProtocolException.field("entry kind", "" + (int) kind, "one of " + KINDS);
    }
    int mode = in.readInt();
    long size = in.readLong();
    long modified = in.readLong();
    if (size < 0 || (mode & ~07777) != 0) {
      throw ProtocolException.field(
          "entry", "size " + size + ", mode 0%o".formatted(mode), "size from 0, mode to 07777");
    }
    String name = text(in, MAX_NAME, "entry name");
    String target = text(in, MAX_TARGET, "link target");
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\0') >= 0) {
      throw ProtocolException.field(
          "entry name", '"' + Printable.of(name) + '"', "a name without / and NUL");
    }
    return new Entry(
        kind, mode, size, modified, name, kind == 'l' ? Optional.of(target) : Optional.empty());
  }

  private static String text(DataInputStream in, int most, String what)
      throws IOException, ProtocolException {
    int length = in.readInt();
    if (length < 0 || length > most) {
      throw ProtocolException.field(
          what + " length", Integer.toUnsignedString(length), "0 to " + most);
    }
    var bytes = new byte[length];
    in.readFully(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
