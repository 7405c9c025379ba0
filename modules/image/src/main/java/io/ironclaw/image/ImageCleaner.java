package io.ironclaw.image;

import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.api.ImageException;
import io.ironclaw.api.ImageRef;
import io.ironclaw.host.Manifest;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.Removed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/** Removes what the cache holds of earlier recipes, kernels and agents. */
record ImageCleaner(CacheDirectory cache, AgentBinary agent, EventSink events) {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String MANIFEST = ".manifest";

  Removed clean() throws ImageException, InterruptedException {
    if (!Files.isDirectory(cache.root().resolve("manifests"))) {
      return Removed.NOTHING;
    }
    try (var _ = NamedLock.acquire(cache.lock(), "cleaning images", PATIENCE, events::waiting)) {
      var removed = Removed.NOTHING;
      var kept = new HashSet<Path>();
      try (var manifests = Files.list(cache.root().resolve("manifests"))) {
        for (var file : manifests.toList()) {
          if (isCurrent(file)) {
            kept.addAll(files(file));
          } else {
            Files.delete(file);
          }
        }
      }
      try (var blobs = Files.list(cache.root().resolve("blobs"))) {
        for (var blob : blobs.toList()) {
          if (!kept.contains(blob)) {
            removed = removed.and(blob);
            Files.delete(blob);
          }
        }
      }
      return removed;
    } catch (IOException e) {
      throw new ImageException.CacheFailed("can't clean " + cache.root(), e);
    } catch (HostException e) {
      throw new ImageException.CacheFailed(e.getMessage(), e);
    }
  }

  private boolean isCurrent(Path manifest) {
    String file = manifest.getFileName().toString();
    if (!file.endsWith(MANIFEST)) {
      return false;
    }
    String name = file.substring(0, file.length() - MANIFEST.length());
    return name.equals(Piece.KERNEL)
        || name.equals(Piece.MODULES)
        || name.equals(Piece.rootfs(ImageRef.DEFAULT))
        || name.startsWith("rootfs-file-")
        || name.equals(Piece.initramfs(agent.digest(), RootfsType.SQUASHFS))
        || name.equals(Piece.initramfs(agent.digest(), RootfsType.EROFS));
  }

  /** What a manifest names. */
  private Set<Path> files(Path manifest) throws IOException {
    var named = new HashSet<Path>();
    var read = Manifest.read(manifest);
    if (read.isPresent()) {
      read.get()
          .values()
          .forEach((key, value) -> {
            if (key.endsWith(".path")) {
              named.add(cache.root().resolve(value));
            }
          });
    }
    return named;
  }
}
