package io.ironclaw.image;

import io.ironclaw.api.EventSink;
import io.ironclaw.api.ImageException;
import io.ironclaw.api.ImageName;
import io.ironclaw.api.ImageRef;
import io.ironclaw.host.Removed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Gives boot images out of a cache, and builds what is not there yet.
 *
 * <p>An image that is there costs three small files to read and three to stat. Anything else is
 * left to {@link ImageBuilder}, under a lock that other processes respect. Safe for many threads.
 */
public final class ImageStore {
  private final CacheDirectory cache;
  private final AgentBinary agent;
  private final EventSink events;
  private final GuestRun guest;

  /**
   * @param cacheDir made when it is needed; one for each user
   * @param agent becomes {@code /init}; another agent gives another initramfs
   * @param guest runs what an image needs of its own programs while it is built
   */
  public ImageStore(Path cacheDir, AgentBinary agent, EventSink events, GuestRun guest) {
    this.guest = guest;
    this.cache = new CacheDirectory(cacheDir);
    this.agent = agent;
    this.events = events;
  }

  /** The images that can be asked for by name. */
  public static List<ImageName> known() {
    return List.of(ImageName.DEBIAN);
  }

  /** The image, built first where necessary: minutes the first time, a millisecond after that. */
  public BootImage prepare(ImageRef ref) throws ImageException {
    if (ref instanceof ImageRef.Named named
        && !named.name().value().equals(ImageName.DEBIAN.value())) {
      throw new ImageException.UnknownImage(
          named.name().value(), List.of(ImageName.DEBIAN.value()));
    }
    try {
      var ready = ready(ref);
      if (ready.isPresent()) {
        return ready.get();
      }
    } catch (IOException e) {
      throw new ImageException.CacheFailed("can't read the cache " + cache.root(), e);
    }
    return new ImageBuilder(cache, agent, events, guest).build(ref);
  }

  /** Removes the files of kernels, initramfs and images that are not current. */
  public static Removed clean(Path cacheDir, AgentBinary agent, EventSink events)
      throws ImageException, InterruptedException {
    return new ImageCleaner(new CacheDirectory(cacheDir), agent, events).clean();
  }

  /** The image if all of it is there and looks untouched. */
  private Optional<BootImage> ready(ImageRef ref) throws IOException {
    var rootfs = Piece.fresh(cache, Piece.rootfs(ref));
    if (rootfs.isEmpty() || !rootfs.get().isOf(ref)) {
      return Optional.empty();
    }
    var kernel = Piece.fresh(cache, Piece.KERNEL);
    if (kernel.isEmpty()) {
      return Optional.empty();
    }
    var type = rootfs.get().type();
    var initramfs = Piece.fresh(cache, Piece.initramfs(agent.digest(), type));
    if (initramfs.isEmpty() || !initramfs.get().isFor(kernel.get())) {
      return Optional.empty();
    }
    return Optional.of(Piece.join(kernel.get(), initramfs.get(), rootfs.get(), agent.digest()));
  }
}
