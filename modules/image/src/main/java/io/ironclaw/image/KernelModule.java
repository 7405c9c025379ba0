package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A kernel module, unpacked.
 *
 * @param name as the kernel writes it, with {@code _} for {@code -}
 * @param bytes the ELF file; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and large
record KernelModule(String name, byte[] bytes) {
  static final int MAX_SIZE = 64 << 20;
  private static final int MAX_NAME = 64;
  private static final int SECTION_HEADER = 64;
  private static final int SIGNATURE_HEADER = 12;
  private static final String SIGNATURE_MARK = "~Module signature appended~\n";

  /** The module's name for a file {@code virtio-rng.ko} or {@code virtio-rng.ko.xz}. */
  static String nameOf(String fileName) {
    int dot = fileName.indexOf('.');
    return (dot < 0 ? fileName : fileName.substring(0, dot)).replace('-', '_');
  }

  /**
   * The modules that must be loaded before this one: {@code depends=} in its section {@code
   * .modinfo}. (Debian's packages have no modules.dep; depmod would write it after installation.)
   *
   * @throws ImageException.CorruptArtifact if the file is no ELF or damaged
   */
  List<String> depends() throws ImageException {
    var info = modinfo();
    int start = 0;
    for (int i = 0; i < info.length; i++) {
      if (info[i] == 0) {
        var field = new String(info, start, i - start, StandardCharsets.ISO_8859_1);
        start = i + 1;
        if (field.startsWith("depends=")) {
          var value = field.substring("depends=".length());
          return value.isEmpty() ? List.of() : checked(value.split(",", -1));
        }
      }
    }
    return List.of();
  }

  /**
   * The same module without its signature: checking it would take tens of milliseconds of a boot
   * under emulation, Debian's kernels don't enforce it, and the digest of the initramfs covers the
   * module. The layout at the end of the file is {@code struct module_signature} and {@link
   * #SIGNATURE_MARK} of linux/module_signature.h.
   */
  KernelModule unsigned() {
    int mark = bytes.length - SIGNATURE_MARK.length();
    int header = mark - SIGNATURE_HEADER;
    if (header < 0 || !isAt(mark, SIGNATURE_MARK)) {
      return this;
    }
    // The length of the signature is the last field, and big endian; a key name may be before it.
    long signature =
        Integer.toUnsignedLong(ByteBuffer.wrap(bytes).getInt(mark - 4))
            + Byte.toUnsignedInt(bytes[header + 3])
            + Byte.toUnsignedInt(bytes[header + 4]);
    return signature > header
        ? this
        : new KernelModule(name, Arrays.copyOf(bytes, header - (int) signature));
  }

  private List<String> checked(String[] names) throws ImageException {
    for (var dependency : names) {
      boolean valid = !dependency.isEmpty() && dependency.length() <= MAX_NAME;
      for (int i = 0; valid && i < dependency.length(); i++) {
        char c = dependency.charAt(i);
        valid = c < 0x80 && (Character.isLetterOrDigit(c) || c == '_' || c == '-');
      }
      if (!valid) {
        throw damaged("it depends on a module with an impossible name");
      }
    }
    return List.of(names).stream().map(KernelModule::nameOf).toList();
  }

  private byte[] modinfo() throws ImageException {
    if (!ElfKernel.isElf(bytes)) {
      throw damaged("it is no 64-bit ELF file");
    }
    var elf = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long table = elf.getLong(40);
    int count = Short.toUnsignedInt(elf.getShort(60));
    int names = Short.toUnsignedInt(elf.getShort(62));
    if (elf.getShort(58) != SECTION_HEADER
        || names >= count
        || table < 0
        || table > bytes.length - (long) count * SECTION_HEADER) {
      throw damaged("its section headers are damaged");
    }
    long nameTable = elf.getLong((int) table + names * SECTION_HEADER + 24);
    for (int i = 0; i < count; i++) {
      int header = (int) table + i * SECTION_HEADER;
      long nameAt = nameTable + Integer.toUnsignedLong(elf.getInt(header));
      if (isAt(nameAt, ".modinfo\0")) {
        long offset = elf.getLong(header + 24);
        long size = elf.getLong(header + 32);
        if (offset < 0 || size < 0 || size > bytes.length || offset > bytes.length - size) {
          throw damaged("its .modinfo is cut off");
        }
        var info = new byte[(int) size];
        elf.get((int) offset, info);
        return info;
      }
    }
    throw damaged("it has no .modinfo");
  }

  private boolean isAt(long offset, String text) {
    if (offset < 0 || offset > bytes.length - (long) text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (bytes[(int) offset + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private ImageException damaged(String why) {
    return new ImageException.CorruptArtifact("kernel module " + name, why);
  }
}
