package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import io.ironclaw.host.HostTool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class VmlinuxTest {
  /** More than one 8 MiB block of LZ4. */
  private static final byte[] KERNEL = KernelFixture.elf((8 << 20) + 4_321);

  private static final byte[] SMALL = KernelFixture.elf(5_000);

  @ParameterizedTest
  @ValueSource(strings = {"lz4", "zstd", "gzip", "xz"})
  void a_kernel_comes_out_as_it_went_in(String compression) throws Exception {
    assertThat(Vmlinux.extract(bzImage(compression, KERNEL))).isEqualTo(KERNEL);
  }

  @Test
  void an_elf_kernel_is_taken_as_it_is() throws Exception {
    assertThat(Vmlinux.extract(SMALL)).isSameAs(SMALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lz4", "zstd", "gzip", "xz"})
  void any_damage_gives_a_kernel_or_a_typed_error(String compression) throws Exception {
    var image = bzImage(compression, SMALL);
    var random = new Random(3);
    // A process each takes longer.
    for (int i = compression.equals("zstd") ? 2_900 : 0; i < 3_000; i++) {
      var damaged = image.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        damaged[0x1f0 + random.nextInt(image.length - 0x1f0)] = (byte) random.nextInt();
      }
      extractOrFail(Arrays.copyOf(damaged, random.nextInt(image.length + 1)));
      extractOrFail(damaged);
    }
  }

  @Test
  void random_bytes_are_no_kernel() {
    var random = new Random(4);
    for (int i = 0; i < 1_000; i++) {
      var garbage = new byte[random.nextInt(10_000)];
      random.nextBytes(garbage);
      assertThatThrownBy(() -> Vmlinux.extract(garbage))
          .isInstanceOf(ImageException.CorruptArtifact.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MAX_VALUE, Vmlinux.MAX_SIZE + 1})
  void a_claim_of_a_huge_kernel_is_refused_before_memory_is_taken(int claim) throws Exception {
    var image = KernelFixture.bzImage(lz4(SMALL), claim, true);

    assertThatThrownBy(() -> Vmlinux.extract(image))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("claims to unpack to " + Integer.toUnsignedString(claim));
  }

  @Test
  void a_payload_outside_of_the_file_is_refused() throws Exception {
    var image = bzImage("lz4", SMALL);
    ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putInt(0x248, -8);

    assertThatThrownBy(() -> Vmlinux.extract(image))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("is not inside the file");
  }

  @Test
  void a_kernel_without_a_pvh_entry_is_refused() {
    var kernel = SMALL.clone();
    kernel[136] = 17;

    assertThatThrownBy(() -> Vmlinux.extract(kernel))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageContaining("PVH");
  }

  private static void extractOrFail(byte[] image) {
    try {
      ElfKernel.check(Vmlinux.extract(image));
    } catch (ImageException e) {
      assertThat(e).isInstanceOf(ImageException.CorruptArtifact.class);
    }
  }

  private static byte[] bzImage(String compression, byte[] kernel) throws IOException {
    return switch (compression) {
      case "lz4" -> KernelFixture.bzImage(lz4(kernel), kernel.length, true);
      case "zstd" -> KernelFixture.bzImage(zstd(kernel), kernel.length, true);
      case "xz" -> KernelFixture.bzImage(xz(kernel), kernel.length, true);
      default -> KernelFixture.bzImage(gzip(kernel), kernel.length, false);
    };
  }

  private static byte[] lz4(byte[] kernel) throws IOException {
    var out = new ByteArrayOutputStream();
    out.writeBytes(le32(KernelFixture.LZ4_LEGACY));
    for (int at = 0; at < kernel.length; at += 8 << 20) {
      var block = new ByteArrayOutputStream();
      try (var lz4 = new BlockLZ4CompressorOutputStream(block)) {
        lz4.write(kernel, at, Math.min(8 << 20, kernel.length - at));
      }
      out.writeBytes(le32(block.size()));
      block.writeTo(out);
    }
    return out.toByteArray();
  }

  /** As the kernel's build does: with the largest window, and no checksum. */
  private static byte[] zstd(byte[] kernel) throws IOException {
    var tool =
        new HostTool(
            List.of("zstd", "-q", "-c", "--ultra", "-22", "--long=27", "--no-check"),
            Path.of("/"),
            Duration.ofMinutes(1));
    try {
      return tool.output(stdin -> stdin.write(kernel), kernel.length);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static byte[] xz(byte[] kernel) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var xz = new XZOutputStream(out, new LZMA2Options(0))) {
      xz.write(kernel);
    }
    return out.toByteArray();
  }

  private static byte[] gzip(byte[] kernel) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(kernel);
    }
    return out.toByteArray();
  }

  private static byte[] le32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }
}
