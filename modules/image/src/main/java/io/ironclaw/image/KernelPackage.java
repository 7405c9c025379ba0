package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.tukaani.xz.XZInputStream;

/** What we take from a Debian kernel package: the kernel, and some modules in loading order. */
final class KernelPackage {
  private static final int MAX_VMLINUZ = 64 << 20;
  private static final int MAX_BUILTIN = 1 << 20;
  private static final int MAX_PASSES = 6;
  private static final int XZ_MEMORY_KIB = 128 << 10;

  private final DebPackage deb;
  private final Map<String, KernelModule> found = new HashMap<>();
  private final Set<String> builtIn = new HashSet<>();
  private String version = "";
  private byte[] vmlinuz = new byte[0];

  private KernelPackage(DebPackage deb) {
    this.deb = deb;
  }

  /**
   * Reads the kernel and the modules {@code wanted}, as far as they are there, with all they need.
   */
  static KernelPackage read(DebPackage deb, Set<String> wanted) throws IOException, ImageException {
    var kernel = new KernelPackage(deb);
    kernel.readAll(wanted);
    return kernel;
  }

  /** What {@code uname -r} will say. */
  String version() {
    return version;
  }

  /** The ELF kernel. */
  byte[] vmlinux() throws ImageException {
    return Vmlinux.extract(vmlinuz);
  }

  /**
   * Modules and what they need, in the order to load them; without those that are built in.
   *
   * @throws ImageException.CorruptArtifact if the package lacks one of {@code names}
   */
  List<KernelModule> inLoadingOrder(List<String> names) throws ImageException {
    var ordered = new LinkedHashMap<String, KernelModule>();
    for (var name : names) {
      order(name, ordered, 0);
    }
    return List.copyOf(ordered.values());
  }

  /** The same without what was loaded before with others. */
  List<KernelModule> inLoadingOrder(List<String> names, List<String> before) throws ImageException {
    var loaded = inLoadingOrder(before).stream().map(KernelModule::name).toList();
    return inLoadingOrder(names).stream()
        .filter(module -> !loaded.contains(module.name()))
        .toList();
  }

  private void readAll(Set<String> names) throws IOException, ImageException {
    var wanted = new HashSet<>(names);
    // What a module depends on is known only after reading it: pass again until all are there.
    for (int pass = 0; pass < MAX_PASSES && !wanted.isEmpty(); pass++) {
      pass(wanted);
      wanted.clear();
      for (var module : found.values()) {
        for (var dependency : module.depends()) {
          if (!found.containsKey(dependency) && !builtIn.contains(dependency)) {
            wanted.add(dependency);
          }
        }
      }
    }
    if (vmlinuz.length == 0) {
      throw new ImageException.CorruptArtifact("package " + deb.name(), "it has no boot/vmlinuz-*");
    }
  }

  private void order(String name, Map<String, KernelModule> ordered, int depth)
      throws ImageException {
    if (ordered.containsKey(name) || builtIn.contains(name)) {
      return;
    }
    var module = found.get(name);
    if (module == null || depth > MAX_PASSES) {
      throw new ImageException.CorruptArtifact(
          "package " + deb.name(), "it has no loadable module " + name);
    }
    for (var dependency : module.depends()) {
      order(dependency, ordered, depth + 1);
    }
    ordered.put(name, module);
  }

  private void pass(Set<String> wanted) throws IOException, ImageException {
    deb.forEach((path, entry, content) -> {
      if (!DebPackage.isPlainFile(entry)) {
        return;
      }
      var name = path.value().substring(path.value().lastIndexOf('/') + 1);
      if (path.value().startsWith("boot/vmlinuz-")) {
        version = name.substring("vmlinuz-".length());
        vmlinuz = bytes(path, entry, content, MAX_VMLINUZ);
      } else if (name.equals("modules.builtin")) {
        addBuiltIn(bytes(path, entry, content, MAX_BUILTIN));
      } else if (isModule(name) && wanted.contains(KernelModule.nameOf(name))) {
        var module = KernelModule.nameOf(name);
        found.put(module, new KernelModule(module, module(path, entry, content)).unsigned());
      }
    });
  }

  private static boolean isModule(String name) {
    return name.endsWith(".ko") || name.endsWith(".ko.xz");
  }

  private void addBuiltIn(byte[] list) {
    for (var line : new String(list, StandardCharsets.ISO_8859_1).split("\n", -1)) {
      builtIn.add(KernelModule.nameOf(line.substring(line.lastIndexOf('/') + 1)));
    }
  }

  private byte[] module(ArchivePath path, TarArchiveEntry entry, InputStream content)
      throws IOException, ImageException {
    var packed = bytes(path, entry, content, KernelModule.MAX_SIZE);
    if (path.value().endsWith(".ko")) {
      return packed;
    }
    try (var xz = new XZInputStream(new ByteArrayInputStream(packed), XZ_MEMORY_KIB)) {
      var bytes = xz.readNBytes(KernelModule.MAX_SIZE + 1);
      if (bytes.length > KernelModule.MAX_SIZE) {
        throw new ImageException.CorruptArtifact(
            "kernel module " + path, "it unpacks to more than " + KernelModule.MAX_SIZE);
      }
      return bytes;
    }
  }

  private byte[] bytes(ArchivePath path, TarArchiveEntry entry, InputStream content, int limit)
      throws IOException, ImageException {
    if (entry.getSize() > limit) {
      throw new ImageException.CorruptArtifact(
          "package " + deb.name(),
          path + " has " + entry.getSize() + " bytes, the bound is " + limit);
    }
    return content.readNBytes((int) entry.getSize());
  }
}
