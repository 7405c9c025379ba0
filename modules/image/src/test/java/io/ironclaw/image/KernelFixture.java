package io.ironclaw.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Makes kernels for tests: an ELF file with a PVH note, and a bzImage around any payload. */
final class KernelFixture {
  static final int LZ4_LEGACY = 0x184C2102;

  private KernelFixture() {}

  /** An ELF kernel of {@code size} bytes; half of it compresses well. */
  static byte[] elf(int size) {
    var elf = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    var noise = new byte[size / 2];
    new Random(7).nextBytes(noise);
    elf.put(size / 2, noise);
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    elf.putShort(16, (short) 2).putShort(18, (short) 62);
    elf.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 1);
    elf.putInt(64, 4).putLong(64 + 8, 128).putLong(64 + 32, 24);
    elf.putInt(128, 4).putInt(132, 8).putInt(136, 18);
    elf.put(140, "Xen\0".getBytes(StandardCharsets.US_ASCII));
    return elf.array();
  }

  /** A bzImage with that payload; the size of the unpacked kernel is appended to it. */
  static byte[] bzImage(byte[] payload, int unpacked, boolean appendSize) {
    int setup = 2 * 512;
    int length = payload.length + (appendSize ? 4 : 0);
    var image = ByteBuffer.allocate(setup + 16 + length + 100).order(ByteOrder.LITTLE_ENDIAN);
    image.put(0x1f1, (byte) 1).putShort(0x1fe, (short) 0xAA55);
    image.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII)).putShort(0x206, (short) 0x20f);
    image.putInt(0x248, 16).putInt(0x24c, length);
    image.put(setup + 16, payload);
    if (appendSize) {
      image.putInt(setup + 16 + payload.length, unpacked);
    }
    return image.array();
  }
}
