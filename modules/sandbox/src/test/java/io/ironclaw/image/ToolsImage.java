package io.ironclaw.image;

import io.ironclaw.api.EventSink;
import io.ironclaw.api.ImageException;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An image with what programmers use, which the usual one does not have: kept in the cache. */
public final class ToolsImage {
  private static final List<String> MORE =
      List.of("apt", "dpkg", "gcc", "libc6-dev", "nodejs", "python3-pip");

  private ToolsImage() {}

  /** The image's file, made now if it is not there. */
  public static Path in(Path folder, EventSink events) throws IOException, ImageException {
    Path image = folder.resolve("tools.squashfs");
    if (!Files.exists(image)) {
      var wanted = new ArrayList<>(DebianRootfs.PACKAGES);
      wanted.addAll(MORE);
      Path downloads = Files.createDirectories(folder.resolve("apt"));
      var apt = new Apt(downloads, events);
      var debs = apt.downloadClosure(wanted, apt.closure(wanted));
      Path scratch = folder.resolve("package.tar");
      SquashfsImage.write(
          image, stdin -> DebianRootfs.writeTar(debs, scratch, Map.of(), stdin, events));
      PrivateDir.deleteTree(downloads);
    }
    return image;
  }
}
