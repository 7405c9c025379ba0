package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.image.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirecrackerReleaseTest {
  @TempDir private Path temp;

  private static String says(String text) {
    return "#!/bin/sh\necho '" + text + "'\n";
  }

  private static Map<String, String> release(String version) {
    String folder = "release-v" + version + "-x86_64/";
    return new TreeMap<>(
        Map.of(
            folder + "firecracker-v" + version + "-x86_64",
            says("Firecracker v" + version),
            folder + "jailer-v" + version + "-x86_64",
            says("Jailer v" + version),
            folder + "firecracker-v" + version + "-x86_64.debug",
            "debug",
            folder + "LICENSE",
            "free"));
  }

  private Path archive(Map<String, String> files) throws Exception {
    Path archive = Files.createTempFile(temp, "release", ".tgz");
    try (var tar =
        new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(archive)))) {
      for (var file : files.entrySet()) {
        byte[] bytes = file.getValue().getBytes(StandardCharsets.UTF_8);
        var entry = new TarArchiveEntry(file.getKey());
        entry.setSize(bytes.length);
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
      }
    }
    return archive;
  }

  private FirecrackerProgram install(Path archive) throws Exception {
    return new FirecrackerRelease(archive)
        .install(Optional.of(Digest.of(archive).hex()), temp.resolve("share/firecracker"));
  }

  private FirecrackerProgram found() throws Exception {
    return FirecrackerProgram.find(
        Optional.empty(), temp.resolve("share/firecracker"), "/usr/bin", temp);
  }

  @Test
  void a_release_is_put_in_place_and_found_there() throws Exception {
    assertThat(install(archive(release("1.15.1"))).name()).isEqualTo("firecracker 1.15.1");
    assertThat(install(archive(release("1.16.1"))).name()).isEqualTo("firecracker 1.16.1");
    var found = found();
    assertThat(found.name()).isEqualTo("firecracker 1.16.1");
    try (var left = Files.list(temp.resolve("share"))) {
      assertThat(left).containsExactly(temp.resolve("share/firecracker"));
    }
    try (var programs = Files.list(temp.resolve("share/firecracker"))) {
      assertThat(programs).hasSize(2);
    }
  }

  @Test
  void another_digest_is_refused_and_nothing_is_changed() throws Exception {
    install(archive(release("1.15.1")));
    Path other = archive(release("1.16.1"));
    assertThatThrownBy(() ->
            new FirecrackerRelease(other)
                .install(Optional.of("0".repeat(64)), temp.resolve("share/firecracker")))
        .isInstanceOf(HostException.class)
        .hasMessageContainingAll("has sha256 " + Digest.of(other).hex(), "download it again");
    assertThatThrownBy(() ->
            new FirecrackerRelease(other)
                .install(Optional.empty(), temp.resolve("share/firecracker")))
        .hasMessageContainingAll("known (1.15.1, 1.16.1)", "--sha256");
    assertThat(found().name()).isEqualTo("firecracker 1.15.1");
  }

  @Test
  void a_release_that_could_not_be_used_replaces_nothing() throws Exception {
    install(archive(release("1.16.1")));
    for (var version : new String[] {"1.12.1", "1.99.0"}) {
      Path archive = archive(release(version));
      assertThatThrownBy(() -> install(archive)).isInstanceOf(HypervisorMissingException.class);
    }
    assertThat(found().name()).isEqualTo("firecracker 1.16.1");
  }

  @Test
  void what_is_no_release_is_told() throws Exception {
    var without = release("1.16.1");
    without.keySet().removeIf(name -> name.contains("jailer"));
    Path archive = archive(without);
    assertThatThrownBy(() -> install(archive))
        .hasMessageContaining("no Firecracker with its jailer");
    Path text = Files.writeString(temp.resolve("text"), "not an archive");
    assertThatThrownBy(() -> install(text)).isInstanceOf(HostException.class);
    assertThatThrownBy(() -> install(temp.resolve("nothing"))).isInstanceOf(Exception.class);
    assertThatThrownBy(() ->
            new FirecrackerRelease(temp.resolve("nothing"))
                .install(Optional.empty(), temp.resolve("share/firecracker")))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("can't read");
  }

  @Test
  void nothing_is_written_outside_of_the_folder_and_no_link_is_made() throws Exception {
    Path archive = Files.createTempFile(temp, "evil", ".tgz");
    try (var tar =
        new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(archive)))) {
      var link =
          new TarArchiveEntry(
              "release-v1.16.1-x86_64/firecracker-v1.16.1-x86_64", TarConstants.LF_SYMLINK);
      link.setLinkName("/bin/sh");
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
      byte[] bytes = says("Jailer v1.16.1").getBytes(StandardCharsets.UTF_8);
      var above = new TarArchiveEntry("../release-v1.16.1-x86_64/jailer-v1.16.1-x86_64");
      above.setSize(bytes.length);
      tar.putArchiveEntry(above);
      tar.write(bytes);
      tar.closeArchiveEntry();
    }
    assertThatThrownBy(() -> install(archive))
        .hasMessageContaining("no Firecracker with its jailer");
    assertThat(temp.resolve("share/firecracker")).doesNotExist();
    try (var left = Files.list(temp.resolve("share"))) {
      assertThat(left).isEmpty();
    }
  }
}
