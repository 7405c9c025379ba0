package io.ironclaw.host.ffi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where a file has data and where it has holes (lseek(2), SEEK_DATA and SEEK_HOLE). */
public final class SparseFile {
  private static final int READ_ONLY_CLOSE_ON_EXEC = 0x80000;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private SparseFile() {}

  /** A stretch of data, from its first byte to the one after its last. */
  public record Extent(long start, long end) {}

  /**
   * The stretches of data, in order. On a file system that knows no holes it is one: the file.
   *
   * @throws IOException if the file can't be opened
   */
  public static List<Extent> dataOf(Path file) throws IOException {
    var integer = ValueLayout.JAVA_INT;
    var whence = ValueLayout.JAVA_LONG;
    var open = function("open", FunctionDescriptor.of(integer, ValueLayout.ADDRESS, integer));
    var seek = function("lseek", FunctionDescriptor.of(whence, integer, whence, integer));
    var close = function("close", FunctionDescriptor.of(integer, integer));
    try (var arena = Arena.ofConfined()) {
      int descriptor =
          (int)
              open.invokeExact(
                  arena.allocateFrom(file.toAbsolutePath().toString()), READ_ONLY_CLOSE_ON_EXEC);
      if (descriptor < 0) {
        throw new IOException(file + " can't be opened");
      }
      try {
        return extents(descriptor, seek);
      } finally {
        int _ = (int) close.invokeExact(descriptor);
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      // A method handle declares Throwable; a call into libc throws nothing.
      throw new IllegalStateException(e);
    }
  }

  private static List<Extent> extents(int descriptor, MethodHandle seek) throws Throwable {
    var extents = new ArrayList<Extent>();
    long start = (long) seek.invokeExact(descriptor, 0L, SEEK_DATA);
    while (start >= 0) {
      long end = (long) seek.invokeExact(descriptor, start, SEEK_HOLE);
      if (end <= start) {
        break;
      }
      extents.add(new Extent(start, end));
      start = (long) seek.invokeExact(descriptor, end, SEEK_DATA);
    }
    return extents;
  }

  // Calls into libc are what this package is for.
  @SuppressWarnings("restricted")
  private static MethodHandle function(String name, FunctionDescriptor type) {
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }
}
