package io.ironclaw.image;

import java.nio.file.Path;

/**
 * Everything a VM boots from. The files are never changed in place: a new build has new names.
 *
 * @param kernel an uncompressed ELF kernel with a PVH entry
 * @param initramfs an uncompressed cpio archive: the guest agent as {@code /init}, and its modules
 * @param rootfs a read-only file system image, to be attached as a block device
 * @param type the file system in {@code rootfs}
 * @param kernelVersion what {@code uname -r} says in the guest
 * @param config what the image says about its use
 */
public record BootImage(
    Path kernel,
    Path initramfs,
    Path rootfs,
    RootfsType type,
    String kernelVersion,
    Digest kernelSha256,
    Digest initramfsSha256,
    Digest rootfsSha256,
    ImageConfig config) {
  /** An image that says nothing about its use. */
  public BootImage(
      Path kernel,
      Path initramfs,
      Path rootfs,
      RootfsType type,
      String kernelVersion,
      Digest kernelSha256,
      Digest initramfsSha256,
      Digest rootfsSha256) {
    this(
        kernel,
        initramfs,
        rootfs,
        type,
        kernelVersion,
        kernelSha256,
        initramfsSha256,
        rootfsSha256,
        ImageConfig.USUAL);
  }
}
