package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RootfsTarTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final RootfsTar tar = new RootfsTar(bytes, List.of("kept"));

  @Test
  void the_first_package_to_bring_a_path_wins() throws Exception {
    add("./bin/x", TarConstants.LF_NORMAL, "", "one");
    add("./usr/bin/x", TarConstants.LF_NORMAL, "", "two");

    assertThat(read()).containsEntry("usr/bin/x", "file one");
  }

  @Test
  void top_directories_become_parts_of_usr_and_parents_are_made() throws Exception {
    add("./lib/", TarConstants.LF_DIR, "", "");
    add("./lib/modules/y", TarConstants.LF_NORMAL, "", "y");

    assertThat(read())
        .containsOnlyKeys("usr/", "usr/lib/", "usr/lib/modules/", "usr/lib/modules/y");
  }

  @Test
  void a_link_that_would_point_to_itself_is_left_out() throws Exception {
    add("./bin/x", TarConstants.LF_SYMLINK, "/usr/bin/x", "");
    add("./usr/bin/x", TarConstants.LF_NORMAL, "", "x");

    assertThat(read()).containsEntry("usr/bin/x", "file x");
  }

  @Test
  void owner_group_and_mode_are_kept() throws Exception {
    var entry = entry("./usr/bin/wall", TarConstants.LF_NORMAL, "", 1);
    entry.setUserId(3);
    entry.setGroupId(5);
    entry.setMode(02755);
    tar.add("p", ArchivePath.parse("p", entry.getName()), entry, stream("x"));
    tar.close();

    try (var in = new TarArchiveInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      for (var e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        if (e.getName().equals("usr/bin/wall")) {
          assertThat(e.getLongUserId()).isEqualTo(3);
          assertThat(e.getLongGroupId()).isEqualTo(5);
          assertThat(e.getMode() & 07777).isEqualTo(02755);
          return;
        }
      }
    }
    throw new AssertionError("the file is not in the archive");
  }

  @Test
  void documentation_is_left_out() throws Exception {
    add("./usr/share/doc/x/copyright", TarConstants.LF_NORMAL, "", "x");
    add("./usr/share/documents", TarConstants.LF_NORMAL, "", "x");

    assertThat(read()).containsKey("usr/share/documents").doesNotContainKey("usr/share/doc/");
  }

  @ParameterizedTest
  @ValueSource(bytes = {TarConstants.LF_CHR, TarConstants.LF_BLK, TarConstants.LF_FIFO, (byte) 'S'})
  void a_special_file_is_refused(byte kind) {
    assertThatThrownBy(() -> add("./dev/sda", kind, "", ""))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("dev/sda is a device, pipe or other special file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/shadow", "../../etc/shadow", "usr/nothing", "usr/link"})
  void a_hard_link_to_anything_but_an_earlier_file_is_refused(String target) throws Exception {
    add("./usr/link", TarConstants.LF_SYMLINK, "/etc", "");

    assertThatThrownBy(() -> add("./usr/hard", TarConstants.LF_LINK, target, ""))
        .isInstanceOf(ImageException.CorruptArtifact.class);
  }

  @Test
  void a_file_below_a_link_is_refused() throws Exception {
    add("./usr/link", TarConstants.LF_SYMLINK, "/etc", "");

    assertThatThrownBy(() -> add("./usr/link/passwd", TarConstants.LF_NORMAL, "", "x"))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("which is no directory");
  }

  @Test
  void a_hard_link_to_an_earlier_file_is_kept() throws Exception {
    add("./bin/perl", TarConstants.LF_NORMAL, "", "x");
    add("./usr/bin/perl5", TarConstants.LF_LINK, "./bin/perl", "");

    assertThat(read()).containsEntry("usr/bin/perl5", "hard usr/bin/perl");
  }

  @Test
  void a_file_larger_than_its_bound_is_refused_before_it_is_read() {
    var entry = entry("./big", TarConstants.LF_NORMAL, "", 1L << 40);

    assertThatThrownBy(() -> tar.add("p", ArchivePath.parse("p", "big"), entry, closed()))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("too large");
  }

  @Test
  void the_same_input_gives_the_same_bytes() throws Exception {
    add("./usr/a", TarConstants.LF_NORMAL, "", "a");
    tar.close();
    var again = new ByteArrayOutputStream();
    try (var second = new RootfsTar(again, List.of())) {
      second.add(
          "p",
          ArchivePath.parse("p", "usr/a"),
          entry("./usr/a", TarConstants.LF_NORMAL, "", 1),
          stream("a"));
    }

    assertThat(again.toByteArray()).isEqualTo(bytes.toByteArray());
  }

  private void add(String name, byte kind, String target, String content) throws Exception {
    var entry = entry(name, kind, target, content.length());
    tar.add("p", ArchivePath.parse("p", name), entry, stream(content));
  }

  private static TarArchiveEntry entry(String name, byte kind, String target, long size) {
    var entry = new TarArchiveEntry(name, kind);
    entry.setLinkName(target);
    entry.setSize(size);
    entry.setIds(0, 0);
    return entry;
  }

  private static InputStream stream(String content) {
    return new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8));
  }

  private static InputStream closed() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw new IOException("must not be read");
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        return read();
      }
    };
  }

  private Map<String, String> read() throws IOException {
    tar.close();
    var files = new LinkedHashMap<String, String>();
    try (var in = new TarArchiveInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      for (var e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        var what =
            e.isDirectory()
                ? "directory"
                : e.isSymbolicLink()
                    ? "link " + e.getLinkName()
                    : e.isLink()
                        ? "hard " + e.getLinkName()
                        : "file " + new String(in.readAllBytes(), StandardCharsets.UTF_8);
        assertThat(files.put(e.getName(), what)).as(e.getName() + " is there once").isNull();
      }
    }
    return files;
  }
}
