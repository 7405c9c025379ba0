package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Checks that a file is an x86-64 ELF kernel that a hypervisor can start through PVH. */
final class ElfKernel {
  private static final String WHAT = "kernel";
  private static final int HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int MAX_PROGRAM_HEADERS = 64;
  private static final int PT_NOTE = 4;
  private static final int MACHINE_X86_64 = 62;

  /** XEN_ELFNOTE_PHYS32_ENTRY, from xen/interface/elfnote.h. */
  private static final int PVH_NOTE = 18;

  private static final byte[] MAGIC = {0x7f, 'E', 'L', 'F', 2, 1};
  private static final byte[] XEN = "Xen\0".getBytes(StandardCharsets.US_ASCII);

  private ElfKernel() {}

  static boolean isElf(byte[] file) {
    return file.length >= HEADER && Arrays.mismatch(file, MAGIC) == MAGIC.length;
  }

  /**
   * @throws ImageException.CorruptArtifact if it is no such kernel
   */
  static void check(byte[] file) throws ImageException {
    if (!isElf(file)) {
      throw new ImageException.CorruptArtifact(WHAT, "it is no 64-bit little-endian ELF file");
    }
    var elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (elf.getShort(18) != MACHINE_X86_64) {
      throw new ImageException.CorruptArtifact(WHAT, "it is not for x86-64");
    }
    long table = elf.getLong(32);
    int count = Short.toUnsignedInt(elf.getShort(56));
    if (elf.getShort(54) != PROGRAM_HEADER || count < 1 || count > MAX_PROGRAM_HEADERS) {
      throw new ImageException.CorruptArtifact(WHAT, "its program headers are damaged");
    }
    if (table < HEADER || table > file.length - (long) count * PROGRAM_HEADER) {
      throw new ImageException.CorruptArtifact(WHAT, "its program headers are cut off");
    }
    boolean hasPvh = false;
    for (int i = 0; i < count; i++) {
      int header = (int) table + i * PROGRAM_HEADER;
      long offset = elf.getLong(header + 8);
      long size = elf.getLong(header + 32);
      if (offset < 0 || size < 0 || offset > file.length - size) {
        throw new ImageException.CorruptArtifact(WHAT, "a segment is cut off");
      }
      hasPvh |= elf.getInt(header) == PT_NOTE && hasPvhNote(elf, (int) offset, (int) size);
    }
    if (!hasPvh) {
      throw new ImageException.CorruptArtifact(WHAT, "it has no PVH entry (CONFIG_PVH)");
    }
  }

  private static boolean hasPvhNote(ByteBuffer elf, int offset, int size) {
    int end = offset + size;
    int at = offset;
    while (at <= end - 12) {
      long nameSize = Integer.toUnsignedLong(elf.getInt(at));
      long contentSize = Integer.toUnsignedLong(elf.getInt(at + 4));
      int type = elf.getInt(at + 8);
      int name = at + 12;
      long next = name + aligned(nameSize) + aligned(contentSize);
      if (next > end) {
        return false;
      }
      if (type == PVH_NOTE
          && nameSize == XEN.length
          && elf.slice(name, XEN.length).equals(ByteBuffer.wrap(XEN))) {
        return true;
      }
      at = (int) next;
    }
    return false;
  }

  private static long aligned(long size) {
    return (size + 3) & ~3L;
  }
}
