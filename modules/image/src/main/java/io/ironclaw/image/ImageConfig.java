package io.ironclaw.image;

import java.util.List;

/**
 * What an image says about its use.
 *
 * @param warmUp programs that run before a template of the image is saved, so that its clones find
 *     in memory what a first command needs; may be empty
 */
public record ImageConfig(List<List<String>> warmUp) {
  /**
   * Of images that say nothing: a shell, and a program with a pause in which the kernel ends what
   * it had put off until after the boot.
   */
  public static final ImageConfig USUAL =
      new ImageConfig(
          List.of(
              List.of("/bin/sh", "-c", "cat /dev/null"),
              List.of("/bin/true"),
              List.of("/bin/true")));

  public ImageConfig {
    warmUp = warmUp.stream().map(List::copyOf).toList();
  }
}
