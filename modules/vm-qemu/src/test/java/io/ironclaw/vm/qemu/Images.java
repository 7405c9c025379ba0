package io.ironclaw.vm.qemu;

import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Boot images that exist by name only. */
public final class Images {
  private Images() {}

  public static BootImage in(Path dir) {
    return with(dir, "kernel", "initramfs");
  }

  /** An image whose digests follow from these words. */
  public static BootImage with(Path dir, String kernel, String initramfs) {
    return new BootImage(
        artifact(dir.resolve("vmlinux"), kernel),
        artifact(dir.resolve("initramfs"), initramfs),
        artifact(dir.resolve("rootfs"), "rootfs"),
        RootfsType.EROFS,
        "6.1",
        digest("agent"),
        ImageConfig.USUAL);
  }

  private static Artifact artifact(Path file, String words) {
    return new Artifact(file, 1, "none", digest(words));
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
