package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Gets the ELF kernel out of a bzImage, by the header fields of the Linux x86 boot protocol
 * (Documentation/arch/x86/boot.rst). QEMU starts it through its PVH entry: that skips the
 * decompressor, which is slow under emulation.
 */
final class Vmlinux {
  /** Larger than any distribution's kernel; a claim above it is refused before memory is taken. */
  static final int MAX_SIZE = 256 << 20;

  private static final String WHAT = "kernel image";
  private static final int HEADER_END = 0x250;
  private static final int LZ4_LEGACY_BLOCK = 8 << 20;
  private static final int XZ_MEMORY_KIB = 256 << 10;

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private Vmlinux() {}

  /**
   * @param image a bzImage, or an ELF kernel, which is returned as it is
   * @throws ImageException.CorruptArtifact if it is neither or breaks a bound
   */
  static byte[] extract(byte[] image) throws ImageException {
    try {
      var kernel = ElfKernel.isElf(image) ? image : decompress(payload(image));
      ElfKernel.check(kernel);
      return kernel;
    } catch (IOException | IllegalArgumentException e) {
      throw corrupt(String.valueOf(e.getMessage()), e);
    } catch (IndexOutOfBoundsException e) {
      // The decompressors report some kinds of damage this way.
      throw corrupt("its compressed data is damaged", e);
    }
  }

  private static ByteBuffer payload(byte[] image) throws ImageException {
    if (image.length < HEADER_END) {
      throw corrupt("it has only " + image.length + " bytes");
    }
    var buffer = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    if (Short.toUnsignedInt(buffer.getShort(0x1fe)) != 0xAA55
        || buffer.getInt(0x202) != 0x53726448) { // "HdrS"
      throw corrupt("it has no Linux boot header");
    }
    int version = Short.toUnsignedInt(buffer.getShort(0x206));
    if (version < 0x0208) {
      throw corrupt("its boot protocol is older than 2.08");
    }
    int setupSectors = Byte.toUnsignedInt(buffer.get(0x1f1));
    long start =
        (setupSectors == 0 ? 5 : setupSectors + 1) * 512L
            + Integer.toUnsignedLong(buffer.getInt(0x248));
    long length = Integer.toUnsignedLong(buffer.getInt(0x24c));
    if (length < 16 || start + length > image.length) {
      throw corrupt("its payload of " + length + " bytes at " + start + " is not inside the file");
    }
    return buffer.slice((int) start, (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] decompress(ByteBuffer payload) throws IOException, ImageException {
    // Except for gzip, which has its own, the build appends the unpacked size as 4 bytes.
    int packed = payload.limit() - 4;
    long size = Integer.toUnsignedLong(payload.getInt(packed));
    if (size > MAX_SIZE) {
      throw corrupt("it claims to unpack to " + size + " bytes, the bound is " + MAX_SIZE);
    }
    int magic = payload.getInt(0);
    if (magic == 0x184C2102) {
      return lz4Legacy(payload.slice(4, packed - 4).order(ByteOrder.LITTLE_ENDIAN), (int) size);
    }
    if (magic == 0xFD2FB528) {
      return zstd(payload, packed, (int) size);
    }
    if ((magic & 0xFFFF) == 0x8B1F) {
      return exactly(new GZIPInputStream(stream(payload, payload.limit())), (int) size);
    }
    if (magic == 0x587A37FD) {
      return exactly(new XZInputStream(stream(payload, packed), XZ_MEMORY_KIB), (int) size);
    }
    throw corrupt("its compression (magic " + Integer.toHexString(magic) + ") is not known");
  }

  /** The frame format of {@code lz4 -l}: blocks of 8 MiB, each with its packed size before it. */
  private static byte[] lz4Legacy(ByteBuffer in, int size) throws IOException, ImageException {
    var kernel = new byte[size];
    int done = 0;
    while (in.remaining() > 4 && done < size) {
      int packed = in.getInt();
      if (packed <= 0 || packed > in.remaining()) {
        throw corrupt("an LZ4 block of " + Integer.toUnsignedString(packed) + " bytes is cut off");
      }
      var bytes = stream(in.slice(), packed);
      in.position(in.position() + packed);
      try (var block = new BlockLZ4CompressorInputStream(bytes)) {
        done += block.readNBytes(kernel, done, Math.min(LZ4_LEGACY_BLOCK, size - done));
      }
    }
    if (done != size) {
      throw corrupt("it unpacks to " + done + " bytes instead of " + size);
    }
    return kernel;
  }

  /** By the program: a kernel's window of 128 MiB is more than a library in Java takes. */
  private static byte[] zstd(ByteBuffer payload, int packed, int size)
      throws IOException, ImageException {
    var kernel = new ByteArrayOutputStream(size);
    try {
      new ImageTool("zstd", LIMIT, List.of("zstd", "-d", "-c", "-q"))
          .run(
              Path.of("/"),
              stdin -> stream(payload, packed).transferTo(stdin),
              stdout -> kernel.writeBytes(stdout.readNBytes(size + 1)));
    } catch (ImageException.ToolFailed e) {
      throw corrupt(String.valueOf(e.getMessage()), e);
    }
    return exactly(new ByteArrayInputStream(kernel.toByteArray()), size);
  }

  private static byte[] exactly(InputStream in, int size) throws IOException, ImageException {
    try (in) {
      var kernel = in.readNBytes(size);
      if (kernel.length != size || in.read() >= 0) {
        throw corrupt("it does not unpack to the " + size + " bytes that it claims");
      }
      return kernel;
    }
  }

  private static InputStream stream(ByteBuffer buffer, int length) {
    return new ByteArrayInputStream(buffer.array(), buffer.arrayOffset(), length);
  }

  private static ImageException corrupt(String why) {
    return new ImageException.CorruptArtifact(WHAT, why);
  }

  private static ImageException corrupt(String why, Exception cause) {
    return new ImageException.CorruptArtifact(WHAT, why, cause);
  }
}
