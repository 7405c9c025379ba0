package io.ironclaw.image;

import java.nio.file.Path;

/**
 * Everything a VM boots from. The files are never changed in place: a new build has new names.
 *
 * @param kernelFile an uncompressed ELF kernel with a PVH entry
 * @param initramfsFile an uncompressed cpio archive: the guest agent as {@code /init}, and its
 *     modules
 * @param rootfsFile a read-only file system image, to be attached as a block device
 * @param type the file system in it
 * @param kernelVersion what {@code uname -r} says in the guest
 * @param agentSha256 of the agent that the initramfs was packed with
 * @param config what the image says about its use
 */
public record BootImage(
    Artifact kernelFile,
    Artifact initramfsFile,
    Artifact rootfsFile,
    RootfsType type,
    String kernelVersion,
    Digest agentSha256,
    ImageConfig config) {
  public Path kernel() {
    return kernelFile.path();
  }

  public Path initramfs() {
    return initramfsFile.path();
  }

  public Path rootfs() {
    return rootfsFile.path();
  }
}
