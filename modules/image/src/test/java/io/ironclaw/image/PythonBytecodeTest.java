package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;

/** What a guest sends back as bytecode is hostile. */
class PythonBytecodeTest {
  private static byte[] archive(TarArchiveEntry... entries) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(bytes)) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (var entry : entries) {
        tar.putArchiveEntry(entry);
        tar.write(new byte[(int) entry.getSize()]);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static TarArchiveEntry file(String name, int size) {
    var entry = new TarArchiveEntry(name, true);
    entry.setSize(size);
    return entry;
  }

  @Test
  void bytecode_of_the_library_is_taken() throws Exception {
    assertThat(PythonBytecode.read(archive(file("usr/lib/python3.11/__pycache__/os.pyc", 7))))
        .hasSize(1)
        .containsKey("usr/lib/python3.11/__pycache__/os.pyc");
  }

  @Test
  void anything_else_is_refused() throws Exception {
    for (String name :
        new String[] {
          "/usr/lib/python3.11/__pycache__/os.pyc",
          "usr/lib/python3/../../bin/__pycache__/sh.pyc",
          "usr/bin/__pycache__/sh.pyc",
          "usr/lib/python3.11/os.py",
          "usr/lib/python3.11/os.pyc"
        }) {
      assertThatThrownBy(() -> PythonBytecode.read(archive(file(name, 1))))
          .as(name)
          .isInstanceOf(ImageException.CorruptArtifact.class);
    }
    var link =
        new TarArchiveEntry("usr/lib/python3.11/__pycache__/os.pyc", TarConstants.LF_SYMLINK);
    link.setLinkName("/etc/shadow");
    assertThatThrownBy(() -> PythonBytecode.read(archive(link)))
        .isInstanceOf(ImageException.CorruptArtifact.class);
    assertThatThrownBy(() ->
            PythonBytecode.read(archive(file("usr/lib/python3.11/__pycache__/os.pyc", 9 << 20))))
        .isInstanceOf(ImageException.CorruptArtifact.class);
  }
}
