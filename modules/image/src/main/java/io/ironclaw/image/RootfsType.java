package io.ironclaw.image;

/** The read-only file systems that a guest can mount as its root. */
public enum RootfsType {
  SQUASHFS("squashfs"),
  EROFS("erofs");

  private final String kernelName;

  RootfsType(String kernelName) {
    this.kernelName = kernelName;
  }

  /** The name that Linux knows the file system by. */
  public String kernelName() {
    return kernelName;
  }

  @Override
  public String toString() {
    return kernelName;
  }
}
