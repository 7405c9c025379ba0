package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import io.ironclaw.api.IronClawException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Compiles Python's library to bytecode, as the packages' maintainer scripts would have done. A
 * guest without hardware virtualization needs seconds to compile what one program imports.
 *
 * <p>It is done by the image's own Python, in a VM of the image as it is so far. What comes back is
 * the guest's word: an archive of bounded size, of which only bytecode of its library is taken. It
 * goes where that guest's Python could have put it itself: into guests.
 */
final class PythonBytecode {
  private static final int MAX_BYTES = 128 << 20;
  private static final int MAX_FILES = 20_000;
  private static final int MAX_FILE = 8 << 20;

  /** The time of the source is in the bytecode; it is the one that every file of the image has. */
  private static final String SCRIPT =
      """
      import glob, io, os, py_compile, sys, tarfile
      out = tarfile.open(fileobj=sys.stdout.buffer, mode='w|')
      for lib in glob.glob('/usr/lib/python3*'):
          for folder, _, names in os.walk(lib):
              for name in names:
                  source = os.path.join(folder, name)
                  if not name.endswith('.py') or os.path.islink(source):
                      continue
                  tag = sys.implementation.cache_tag
                  path = os.path.join(folder, '__pycache__', name[:-3] + '.' + tag + '.pyc')
                  try:
                      py_compile.compile(source, cfile='/tmp/x.pyc', dfile=source, doraise=True,
                          invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
                  except py_compile.PyCompileError:
                      continue
                  data = open('/tmp/x.pyc', 'rb').read()
                  entry = tarfile.TarInfo(path[1:])
                  entry.size = len(data)
                  out.addfile(entry, io.BytesIO(data))
      out.close()
      """;

  private PythonBytecode() {}

  /** The bytecode files of the Python in {@code image}, by their path in it. */
  static SortedMap<String, byte[]> compile(GuestRun guest, BootImage image)
      throws IronClawException, IOException, InterruptedException {
    var archive = new Bounded();
    guest.run(image, List.of("python3", "-I", "-S", "-B", "-c", SCRIPT), archive);
    return read(archive.bytes());
  }

  /** Takes an archive apart that a guest has sent. */
  static SortedMap<String, byte[]> read(byte[] archive) throws IOException, ImageException {
    var found = new TreeMap<String, byte[]>();
    try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        var path = ArchivePath.parse("bytecode of the guest", entry.getName());
        String name = path.value();
        boolean isBytecode =
            name.startsWith("usr/lib/python3")
                && name.contains("/__pycache__/")
                && name.endsWith(".pyc");
        if (!DebPackage.isPlainFile(entry)
            || !isBytecode
            || entry.getSize() > MAX_FILE
            || found.size() == MAX_FILES) {
          throw new ImageException.CorruptArtifact(
              "bytecode of the guest", "an entry that is none of Python's library: " + path);
        }
        found.put(name, tar.readNBytes(MAX_FILE));
      }
    }
    return found;
  }

  /** Memory for what a guest sends, up to a bound. */
  private static final class Bounded extends OutputStream {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (kept.size() + length > MAX_BYTES) {
        throw new IOException("the guest sends more than " + (MAX_BYTES >> 20) + " MiB");
      }
      kept.write(bytes, offset, length);
    }

    byte[] bytes() {
      return kept.toByteArray();
    }
  }
}
