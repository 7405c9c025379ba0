package io.ironclaw.api;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Which root file system a VM gets. */
public sealed interface ImageRef {
  /** The image that is used when none is asked for. */
  ImageRef DEFAULT = new Named(ImageName.DEBIAN);

  /** An image that IronClaw knows how to build. */
  record Named(ImageName name) implements ImageRef {
    @Override
    public String toString() {
      return name.value();
    }
  }

  /** A squashfs or erofs file of the user's; it is used in place and never changed. */
  record File(Path path) implements ImageRef {
    public File {
      path = path.toAbsolutePath().normalize();
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }

  /**
   * Reads what a user typed: text with a {@code /} in it is a path, anything else a name.
   *
   * @throws ImageException.UnknownImage if it can be neither
   */
  static ImageRef parse(String text) throws ImageException {
    if (text.indexOf('/') >= 0) {
      try {
        return new File(Path.of(text));
      } catch (InvalidPathException e) {
        throw new ImageException.UnknownImage(text, List.of(ImageName.DEBIAN.value()));
      }
    }
    if (!ImageName.isValid(text)) {
      throw new ImageException.UnknownImage(text, List.of(ImageName.DEBIAN.value()));
    }
    return new Named(new ImageName(text));
  }
}
