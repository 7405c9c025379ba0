package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootfsProbeTest {
  @TempDir Path directory;

  @Test
  void a_squashfs_is_known() throws Exception {
    assertThat(RootfsProbe.probe(write(squashfs()))).isEqualTo(RootfsType.SQUASHFS);
  }

  @Test
  void an_erofs_is_known() throws Exception {
    assertThat(RootfsProbe.probe(write(erofs(2)))).isEqualTo(RootfsType.EROFS);
  }

  @Test
  void an_image_that_is_cut_off_is_refused() throws Exception {
    var squashfs = squashfs().putLong(40, 9_000);
    assertThatThrownBy(() -> RootfsProbe.probe(write(squashfs)))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("cut off");
    assertThatThrownBy(() -> RootfsProbe.probe(write(erofs(3))))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("cut off");
  }

  @Test
  void block_sizes_that_the_kernel_cannot_mount_are_refused() {
    assertThatThrownBy(() -> RootfsProbe.probe(write(squashfs().putInt(12, 3))))
        .isInstanceOf(ImageException.CorruptArtifact.class);
    assertThatThrownBy(() -> RootfsProbe.probe(write(erofs(1).put(1024 + 12, (byte) 30))))
        .isInstanceOf(ImageException.CorruptArtifact.class);
  }

  @Test
  void anything_else_is_refused() throws Exception {
    var garbage = new byte[8192];
    new Random(5).nextBytes(garbage);
    assertThatThrownBy(() -> RootfsProbe.probe(write(ByteBuffer.wrap(garbage))))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("neither squashfs nor erofs");
    assertThatThrownBy(() -> RootfsProbe.probe(write(ByteBuffer.allocate(10))))
        .isInstanceOf(ImageException.CorruptArtifact.class);
    assertThatThrownBy(() -> RootfsProbe.probe(directory))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("no regular file");
  }

  static ByteBuffer squashfs() {
    var image = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
    image.putInt(0, 0x73717368).putInt(12, 1 << 17).putShort(22, (short) 17);
    return image.putShort(28, (short) 4).putLong(40, 8_000);
  }

  private static ByteBuffer erofs(int blocks) {
    var image = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
    return image.putInt(1024, 0xE0F5E1E2).put(1024 + 12, (byte) 12).putInt(1024 + 36, blocks);
  }

  private Path write(ByteBuffer content) throws IOException {
    return Files.write(Files.createTempFile(directory, "image", ""), bytes(content));
  }

  private static byte[] bytes(ByteBuffer content) {
    var bytes = new byte[content.capacity()];
    content.get(0, bytes);
    return bytes;
  }
}
