package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KernelModuleTest {
  private static final String MARK = "~Module signature appended~\n";

  @Test
  void dependencies_are_read_from_modinfo_with_the_kernels_spelling() throws Exception {
    assertThat(module("license=GPL\0depends=virtio-ring,virtio\0name=x\0").depends())
        .containsExactly("virtio_ring", "virtio");
    assertThat(module("depends=\0").depends()).isEmpty();
    assertThat(module("license=GPL\0").depends()).isEmpty();
  }

  @Test
  void a_dependency_with_an_impossible_name_is_refused() {
    for (var name : new String[] {"../x", "a,,b", "a\nb", "x".repeat(65)}) {
      assertThatThrownBy(() -> module("depends=" + name + "\0").depends())
          .isInstanceOf(ImageException.CorruptArtifact.class);
    }
  }

  @Test
  void a_signature_is_cut_off() {
    var signed = ByteBuffer.allocate(100 + 7 + 12 + MARK.length());
    signed.put(100, new byte[] {9, 9, 9, 9, 9, 9, 9});
    signed.putInt(100 + 7 + 8, 7);
    signed.put(100 + 7 + 12, MARK.getBytes(StandardCharsets.US_ASCII));

    assertThat(new KernelModule("x", signed.array()).unsigned().bytes()).hasSize(100);
  }

  @Test
  void a_module_without_signature_or_with_a_lying_one_stays_as_it_is() {
    var plain = new KernelModule("x", new byte[200]);
    assertThat(plain.unsigned()).isSameAs(plain);

    var lying = ByteBuffer.allocate(100 + 12 + MARK.length());
    lying.putInt(100 + 8, -1).put(112, MARK.getBytes(StandardCharsets.US_ASCII));
    var module = new KernelModule("x", lying.array());
    assertThat(module.unsigned()).isSameAs(module);

    var tiny = new KernelModule("x", MARK.getBytes(StandardCharsets.US_ASCII));
    assertThat(tiny.unsigned()).isSameAs(tiny);
  }

  @Test
  void any_damage_gives_names_or_a_typed_error() {
    var good = module("depends=virtio\0").bytes();
    var random = new Random(6);
    for (int i = 0; i < 20_000; i++) {
      var bad = Arrays.copyOf(good, random.nextInt(good.length + 1));
      for (int n = random.nextInt(5); n > 0 && bad.length > 0; n--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(new KernelModule("x", bad).depends()).hasSizeLessThan(100);
      } catch (ImageException e) {
        assertThat(e).isInstanceOf(ImageException.CorruptArtifact.class);
      }
    }
  }

  @Test
  void a_file_name_gives_the_modules_name() {
    assertThat(KernelModule.nameOf("virtio-rng.ko.xz")).isEqualTo("virtio_rng");
    assertThat(KernelModule.nameOf("overlay.ko")).isEqualTo("overlay");
  }

  /** An ELF file with two sections: the names, and {@code .modinfo}. */
  private static KernelModule module(String modinfo) {
    var info = modinfo.getBytes(StandardCharsets.ISO_8859_1);
    var names = ".modinfo\0".getBytes(StandardCharsets.US_ASCII);
    var elf = ByteBuffer.allocate(64 + 2 * 64 + 16 + info.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    elf.putLong(40, 64).putShort(58, (short) 64).putShort(60, (short) 2);
    elf.putLong(64 + 24, 192).putInt(64, 8);
    elf.putInt(128, 0).putLong(128 + 24, 208).putLong(128 + 32, info.length);
    elf.put(192, names).put(208, info);
    return new KernelModule("x", elf.array());
  }
}
