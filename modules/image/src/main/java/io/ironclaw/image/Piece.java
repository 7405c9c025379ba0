package io.ironclaw.image;

import io.ironclaw.api.ImageRef;
import io.ironclaw.host.Manifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A kernel, an initramfs or a root file system in the cache, as its manifest describes it.
 *
 * <p>What {@link ImageStore} calls here runs at the start of every command. So it has no pattern
 * switch, no {@code +} of strings, no lambda and no generated {@code equals}: each makes a JVM that
 * has just started spin up code for 5 to 40 ms.
 */
record Piece(Manifest manifest, Artifact artifact) {
  /** Raise it when anything changes what is taken from a kernel package or how it is packed. */
  private static final int RECIPE = 1;

  static final String MODULES = "modules-r" + RECIPE;
  static final String KERNEL = "kernel-r" + RECIPE;
  private static final String INITRAMFS = "initramfs-r" + RECIPE;
  private static final String ROOTFS = "rootfs-r" + DebianRootfs.RECIPE;
  static final String VERSION = "version";
  static final String FOR_KERNEL = "kernel";
  static final String TYPE = "type";
  static final String SOURCE = "source";
  private static final String FILE = "file";

  /** The manifest's name of the initramfs of an agent for a type of root file system. */
  static String initramfs(Digest agent, RootfsType type) {
    return String.join("-", INITRAMFS, type.kernelName(), agent.hex().substring(0, 32));
  }

  /** The manifest's name of a root file system. */
  static String rootfs(ImageRef ref) {
    if (ref instanceof ImageRef.File file) {
      // Not a secure hash, because those take long to load; isOf() tells paths apart.
      var crc = new CRC32();
      crc.update(file.path().toString().getBytes(StandardCharsets.UTF_8));
      return String.join("-", "rootfs", "file", Long.toHexString(crc.getValue()));
    }
    return String.join("-", ROOTFS, ref.toString());
  }

  /** The piece, whatever state its file is in; empty if it was never built. */
  static Optional<Piece> read(CacheDirectory cache, String name) throws IOException {
    var manifest = Manifest.read(cache.manifest(name));
    if (manifest.isEmpty()) {
      return Optional.empty();
    }
    var artifact = Artifact.from(manifest.get(), FILE, cache.root());
    return artifact.isEmpty()
        ? Optional.empty()
        : Optional.of(new Piece(manifest.get(), artifact.get()));
  }

  /** The piece if its file looks untouched. */
  static Optional<Piece> fresh(CacheDirectory cache, String name) throws IOException {
    var piece = read(cache, name);
    return piece.isPresent() && piece.get().artifact().isFresh() ? piece : Optional.empty();
  }

  /** Writes the manifest of a piece. */
  static Piece write(CacheDirectory cache, String name, Artifact artifact, Map<String, String> more)
      throws IOException {
    var values = new LinkedHashMap<String, String>(more);
    artifact.writeTo(values, FILE, cache.root());
    var manifest = new Manifest(values);
    manifest.write(cache.manifest(name));
    return new Piece(manifest, artifact);
  }

  /** The same piece with what its file looks like now. */
  Piece refreshed(CacheDirectory cache, String name, Artifact now) throws IOException {
    return write(cache, name, now, manifest.values());
  }

  boolean isFor(Piece kernel) {
    return manifest.get(FOR_KERNEL).equals(kernel.artifact.sha256().hex());
  }

  boolean isOf(ImageRef ref) {
    return manifest.get(SOURCE).equals(ref.toString());
  }

  RootfsType type() {
    return manifest.get(TYPE).equals(RootfsType.EROFS.kernelName())
        ? RootfsType.EROFS
        : RootfsType.SQUASHFS;
  }

  static BootImage join(Piece kernel, Piece initramfs, Piece rootfs, Digest agent) {
    return new BootImage(
        kernel.artifact,
        initramfs.artifact,
        rootfs.artifact,
        rootfs.type(),
        kernel.manifest.get(VERSION),
        agent,
        ImageConfig.USUAL);
  }
}
