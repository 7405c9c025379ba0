package io.ironclaw.vm.qemu;

import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.RootfsType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Boot images that exist by name only. */
final class Images {
  private Images() {}

  static BootImage in(Path dir) {
    return with(dir, "kernel", "initramfs");
  }

  /** An image whose digests follow from these words. */
  static BootImage with(Path dir, String kernel, String initramfs) {
    return new BootImage(
        dir.resolve("vmlinux"),
        dir.resolve("initramfs"),
        dir.resolve("rootfs"),
        RootfsType.EROFS,
        "6.1",
        digest(kernel),
        digest(initramfs),
        digest("rootfs"));
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
