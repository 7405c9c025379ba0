package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ImageRef;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds the real image from the packages of this machine's Debian: needs apt and the network. */
@Tag("vm")
class DebianImageVmTest {
  @TempDir Path cacheDir;
  private final List<String> said = new ArrayList<>();

  @Test
  void the_debian_image_is_built_once_and_repaired_when_damaged() throws Exception {
    var image = store().prepare(ImageRef.DEFAULT);

    ElfKernel.check(Files.readAllBytes(image.kernel()));
    assertThat(RootfsProbe.probe(image.rootfs())).isEqualTo(image.type());
    assertThat(Digest.of(image.rootfs())).isEqualTo(image.rootfsFile().sha256());
    assertThat(Digest.of(image.kernel())).isEqualTo(image.kernelFile().sha256());
    assertThat(image.kernelVersion()).contains(".");
    assertThat(said).noneMatch(line -> line.contains("\n"));

    said.clear();
    assertThat(store().prepare(ImageRef.DEFAULT)).isEqualTo(image);
    assertThat(said).isEmpty();

    // Same length and, to be found, another time.
    var damaged = Files.readAllBytes(image.kernel());
    damaged[damaged.length / 2] ^= 1;
    Files.delete(image.kernel());
    Files.write(image.kernel(), damaged);

    assertThat(store().prepare(ImageRef.DEFAULT))
        .usingRecursiveComparison()
        .ignoringFieldsMatchingRegexes(".*stamp")
        .isEqualTo(image);
    assertThat(said).anyMatch(line -> line.contains("kernel in the cache is damaged"));
    assertThat(said).as("the package is still there").noneMatch(l -> l.startsWith("downloading"));
    assertThat(Digest.of(image.kernel())).isEqualTo(image.kernelFile().sha256());
  }

  private ImageStore store() {
    var agent = AgentBinary.of("no agent".getBytes(StandardCharsets.UTF_8));
    return new ImageStore(
        cacheDir,
        agent,
        event -> said.add(event.text()),
        (image, argv, out) -> {
          assertThat(Files.size(image.rootfs())).isPositive();
          assertThat(argv.getFirst()).isEqualTo("python3");
          try (var tar =
              new org.apache.commons.compress.archivers.tar.TarArchiveOutputStream(out)) {
            var entry =
                new org.apache.commons.compress.archivers.tar.TarArchiveEntry(
                    "usr/lib/python3.11/__pycache__/x.pyc");
            entry.setSize(3);
            tar.putArchiveEntry(entry);
            tar.write(new byte[] {1, 2, 3});
            tar.closeArchiveEntry();
          }
        });
  }
}
