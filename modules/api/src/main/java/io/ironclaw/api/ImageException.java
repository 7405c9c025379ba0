package io.ironclaw.api;

import java.io.Serial;
import java.nio.file.Path;
import java.util.List;

/** Why no boot image could be had. The message is one line: what, of what, and what to do. */
public abstract sealed class ImageException extends IronClawException {
  @Serial private static final long serialVersionUID = 1L;

  private ImageException(String message) {
    super(message);
  }

  private ImageException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A name or path that no image belongs to. */
  public static final class UnknownImage extends ImageException {
    @Serial private static final long serialVersionUID = 1L;

    public UnknownImage(String ref, List<String> known) {
      super(
          "unknown image \""
              + Printable.line(ref)
              + "\": known images are "
              + String.join(", ", known)
              + "; or give the path of a squashfs or erofs file");
    }

    public UnknownImage(String message) {
      super(message);
    }
  }

  /** A command that the build of an image needs is not installed. */
  public static final class MissingTool extends ImageException {
    @Serial private static final long serialVersionUID = 1L;

    private final String debianPackage;

    public MissingTool(String command, String debianPackage) {
      super(
          debianPackage.equals("apt")
              ? "command \""
                  + command
                  + "\" not found: images are built from Debian's packages, which needs Debian 12"
                  + " or later"
              : "command \""
                  + command
                  + "\" not found: install it with \"sudo apt-get install "
                  + debianPackage
                  + "\"");
      this.debianPackage = debianPackage;
    }

    /** The Debian package that holds the command. */
    public String debianPackage() {
      return debianPackage;
    }
  }

  /** Packages could not be resolved or downloaded. */
  public static final class DownloadFailed extends ImageException {
    @Serial private static final long serialVersionUID = 1L;

    public DownloadFailed(String what, String why) {
      super("download of " + what + " failed: " + Printable.line(why));
    }
  }

  /** A package, kernel or image file whose content is damaged, hostile or not supported. */
  public static final class CorruptArtifact extends ImageException {
    @Serial private static final long serialVersionUID = 1L;

    public CorruptArtifact(String what, String why) {
      super(what + " is not usable: " + Printable.line(why));
    }

    public CorruptArtifact(String what, String why, Throwable cause) {
      super(what + " is not usable: " + Printable.line(why), cause);
    }
  }

  /** The file system of the cache is full, or too full to begin. */
  public static final class NoSpace extends ImageException {
    @Serial private static final long serialVersionUID = 1L;

    public NoSpace(Path directory, String detail) {
      super("not enough disk space in " + directory + ": " + detail + "; free some and run again");
    }
  }

  /** The cache directory can't be read or written. */
  public static final class CacheFailed extends ImageException {
    @Serial private static final long serialVersionUID = 1L;

    public CacheFailed(String what, Throwable cause) {
      super(what + ": " + Printable.line(String.valueOf(cause)), cause);
    }
  }

  /** A command of the image build failed or took too long. */
  public static final class ToolFailed extends ImageException {
    @Serial private static final long serialVersionUID = 1L;

    public ToolFailed(String command, String why) {
      super("\"" + command + "\" failed: " + Printable.line(why));
    }
  }
}
