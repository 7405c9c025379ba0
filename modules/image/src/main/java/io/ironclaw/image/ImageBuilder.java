package io.ironclaw.image;

import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.api.ImageException;
import io.ironclaw.api.ImageName;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.Manifest;
import io.ironclaw.host.NamedLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds what the cache lacks, repairs what is damaged. One at a time for a cache. */
final class ImageBuilder {
  /** For an image with its kernel, and for a kernel alone, with what they are made of. */
  private static final long IMAGE_SPACE = 700L << 20;

  private static final long KERNEL_SPACE = 250L << 20;

  /** For another builder: a download may be slow. */
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  /** Meta packages, the one with the smallest kernel first. */
  private static final List<String> KERNELS =
      List.of("linux-image-cloud-amd64", "linux-image-amd64");

  /** What every guest needs; the file system of its image comes after these. */
  private static final List<String> MODULES =
      List.of("virtio_mmio", "virtio_console", "virtio_blk", "overlay");

  /** Of a machine with a network device, besides. */
  private static final List<String> NETWORK_MODULES = List.of("virtio_net");

  private static final String NETWORK = "network";

  /** Of a machine whose channel is a vsock: what listens there, and then the device's driver. */
  private static final List<String> VSOCK_MODULES = List.of("vsock");

  private static final List<String> VSOCK_DEVICE_MODULES = List.of("vmw_vsock_virtio_transport");
  private static final String VSOCK = "vsock";
  private static final String VSOCK_DEVICE = "vsock-device";

  private final CacheDirectory cache;
  private final AgentBinary agent;
  private final EventSink events;

  /** What those depend on in the kernels that we know: known before, the package is read once. */
  private static final List<String> LIKELY_NEEDED =
      List.of(
          "virtio",
          "virtio_ring",
          "libcrc32c",
          "failover",
          "net_failover",
          "vmw_vsock_virtio_transport_common");

  private final GuestRun guest;

  ImageBuilder(CacheDirectory cache, AgentBinary agent, EventSink events, GuestRun guest) {
    this.cache = cache;
    this.agent = agent;
    this.events = events;
    this.guest = guest;
  }

  BootImage build(ImageRef ref) throws ImageException {
    try {
      cache.make();
      try (var _ = NamedLock.acquire(cache.lock(), "building images", PATIENCE, events::waiting)) {
        cache.create();
        return buildLocked(ref);
      }
    } catch (IOException e) {
      throw failed(e);
    } catch (HostException e) {
      throw new ImageException.CacheFailed(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ImageException.CacheFailed("interrupted while building " + ref, e);
    }
  }

  private BootImage buildLocked(ImageRef ref)
      throws IOException, ImageException, InterruptedException {
    var rootfs =
        switch (ref) {
          case ImageRef.Named(ImageName name) -> named(ref, name);
          case ImageRef.File(Path path) -> file(ref, path);
        };
    return bootable(rootfs);
  }

  /** With a kernel and an initramfs that fit the root file system. */
  private BootImage bootable(Piece rootfs) throws IOException, ImageException {
    var kernel = intact("kernel", Piece.KERNEL);
    if (kernel.isPresent()) {
      var initramfs = initramfs(kernel.get(), rootfs.type());
      if (initramfs.isPresent()) {
        return Piece.join(kernel.get(), initramfs.get(), rootfs, agent.digest());
      }
      events.preparing("kernel modules in the cache are damaged or gone: building them again");
    }
    var built = buildKernel();
    var initramfs = initramfs(built, rootfs.type());
    if (initramfs.isEmpty()) {
      throw new ImageException.CorruptArtifact(
          "cache " + cache.root(), "kernel modules changed right after they were written");
    }
    return Piece.join(built, initramfs.get(), rootfs, agent.digest());
  }

  /** A piece that was built before, if its content is still right. */
  private Optional<Piece> intact(String what, String name) throws IOException {
    var piece = Piece.read(cache, name);
    if (piece.isEmpty() || piece.get().artifact().isFresh()) {
      return piece;
    }
    var recorded = piece.get().artifact();
    try {
      var now = Artifact.of(recorded.path());
      if (now.sha256().equals(recorded.sha256())) {
        return Optional.of(piece.get().refreshed(cache, name, now));
      }
      events.preparing(what + " in the cache is damaged (checksum): building it again");
    } catch (NoSuchFileException e) {
      events.preparing(what + " is gone from the cache: building it again");
    }
    return Optional.empty();
  }

  private Piece named(ImageRef ref, ImageName image)
      throws IOException, ImageException, InterruptedException {
    var name = Piece.rootfs(ref);
    var existing = intact("image " + image, name);
    if (existing.isPresent()) {
      return existing.get();
    }
    requireSpace(IMAGE_SPACE);
    SquashfsImage.requireTool();
    events.preparing("building image " + image + " from Debian packages");
    var apt = new Apt(cache.apt(), events);
    var packages = apt.closure(DebianRootfs.PACKAGES);
    var debs = apt.downloadClosure(DebianRootfs.PACKAGES, packages);
    var temporary = cache.temporary("rootfs.squashfs");
    var values = rootfsValues(ref, RootfsType.SQUASHFS);
    writeRootfs(temporary, debs, Map.of());
    var bare = new Piece(new Manifest(values), Artifact.of(temporary));
    var bytecode = bytecode(bootable(bare));
    if (!bytecode.isEmpty()) {
      Files.delete(temporary);
      writeRootfs(temporary, debs, bytecode);
    }
    var artifact = cache.adopt(temporary, "." + RootfsType.SQUASHFS.kernelName());
    events.preparing("image " + image + " is built, " + (artifact.size() >> 20) + " MiB");
    return Piece.write(cache, name, artifact, values);
  }

  private void writeRootfs(Path image, List<Path> debs, Map<String, byte[]> bytecode)
      throws ImageException {
    var scratch = cache.temporary("package.tar");
    SquashfsImage.write(
        image, stdin -> DebianRootfs.writeTar(debs, scratch, bytecode, stdin, events));
  }

  private Map<String, byte[]> bytecode(BootImage image) throws InterruptedException {
    events.preparing("compiling Python's library, in a VM of the new image");
    try {
      return PythonBytecode.compile(guest, image);
    } catch (IronClawException | IOException e) {
      // The image works without: its Python only starts slower.
      events.preparing("Python in the image will start slowly: " + e.getMessage());
      return Map.of();
    }
  }

  /** A user's own file: hashed once, then again when it changed. */
  private Piece file(ImageRef ref, Path path) throws IOException, ImageException {
    if (!Files.isReadable(path)) {
      throw new ImageException.UnknownImage(
          "no image file " + Printable.line(path.toString()) + ", or it can't be read");
    }
    var type = RootfsProbe.probe(path);
    events.preparing("hashing " + Printable.line(path.toString()));
    return Piece.write(cache, Piece.rootfs(ref), Artifact.of(path), rootfsValues(ref, type));
  }

  private static Map<String, String> rootfsValues(ImageRef ref, RootfsType type) {
    var values = new LinkedHashMap<String, String>();
    values.put(Piece.SOURCE, ref.toString());
    values.put(Piece.TYPE, type.kernelName());
    return values;
  }

  private Piece buildKernel() throws IOException, ImageException {
    requireSpace(KERNEL_SPACE);
    var apt = new Apt(cache.apt(), events);
    var name = kernelPackage(apt);
    events.preparing("taking the kernel from package " + name);
    var deb = apt.downloadSingle(name, apt.single(name));
    var wanted = new HashSet<>(MODULES);
    wanted.addAll(NETWORK_MODULES);
    wanted.addAll(VSOCK_MODULES);
    wanted.addAll(VSOCK_DEVICE_MODULES);
    wanted.addAll(LIKELY_NEEDED);
    for (var type : RootfsType.values()) {
      wanted.add(type.kernelName());
    }
    KernelPackage content;
    try (var unpacked = DebPackage.open(deb, cache.temporary("package.tar"))) {
      content = KernelPackage.read(unpacked, wanted);
    }
    var values = new LinkedHashMap<String, String>();
    for (var type : RootfsType.values()) {
      var names = new ArrayList<>(MODULES);
      names.add(type.kernelName());
      note(content.inLoadingOrder(names), type.kernelName(), values);
    }
    note(content.inLoadingOrder(NETWORK_MODULES, MODULES), NETWORK, values);
    note(content.inLoadingOrder(VSOCK_MODULES, MODULES), VSOCK, values);
    var before = new ArrayList<>(MODULES);
    before.addAll(VSOCK_MODULES);
    note(content.inLoadingOrder(VSOCK_DEVICE_MODULES, before), VSOCK_DEVICE, values);
    var vmlinux = cache.addBlob(".vmlinux", content.vmlinux());
    values.put(Piece.FOR_KERNEL, vmlinux.sha256().hex());
    // A manifest of their own: they are not looked at once the initramfs is there.
    new Manifest(values).write(cache.manifest(Piece.MODULES));
    events.preparing("kernel " + content.version() + " is ready");
    return Piece.write(cache, Piece.KERNEL, vmlinux, Map.of(Piece.VERSION, content.version()));
  }

  private void note(List<KernelModule> modules, String group, Map<String, String> values)
      throws IOException {
    for (int i = 0; i < modules.size(); i++) {
      var prefix = modulePrefix(group, i);
      values.put(prefix + ".name", modules.get(i).name());
      cache.addBlob(".ko", modules.get(i).bytes()).writeTo(values, prefix, cache.root());
    }
  }

  private String kernelPackage(Apt apt) throws ImageException {
    for (var meta : KERNELS) {
      var depends = apt.field(meta, "Depends").orElse("");
      for (var dependency : depends.split(",", -1)) {
        var name = dependency.strip().split(" ", -1)[0];
        if (name.startsWith("linux-image-")) {
          return name;
        }
      }
    }
    throw new ImageException.DownloadFailed(
        String.join(" or ", KERNELS),
        "apt knows none of them; run \"sudo apt-get update\" and try again");
  }

  private static String modulePrefix(String group, int index) {
    return group + "." + index;
  }

  /** The initramfs for a kernel; empty if its modules are missing or damaged. */
  private Optional<Piece> initramfs(Piece kernel, RootfsType type) throws IOException {
    var name = Piece.initramfs(agent.digest(), type);
    var existing = intact("initramfs", name);
    if (existing.isPresent() && existing.get().isFor(kernel)) {
      return existing;
    }
    var modules = modules(kernel, type.kernelName());
    if (modules.isEmpty()) {
      return Optional.empty();
    }
    var groups = new LinkedHashMap<>(Map.of(Initramfs.ALWAYS, modules.get()));
    for (var group : List.of(NETWORK, VSOCK, VSOCK_DEVICE)) {
      var found = modules(kernel, group);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      groups.put(group, found.get());
    }
    var archive = Initramfs.of(agent.bytes(), groups);
    var values = new LinkedHashMap<String, String>();
    values.put(Piece.FOR_KERNEL, kernel.artifact().sha256().hex());
    var artifact = cache.addBlob(".initramfs", archive);
    events.preparing("initramfs is ready, " + (artifact.size() >> 10) + " KiB");
    return Optional.of(Piece.write(cache, name, artifact, values));
  }

  /** The modules of a group; empty if one is missing or damaged. */
  private Optional<List<KernelModule>> modules(Piece kernel, String group) throws IOException {
    var manifest = Manifest.read(cache.manifest(Piece.MODULES));
    if (manifest.isEmpty()
        || !manifest.get().get(Piece.FOR_KERNEL).equals(kernel.artifact().sha256().hex())) {
      return Optional.empty();
    }
    var modules = new ArrayList<KernelModule>();
    for (int i = 0; ; i++) {
      var prefix = modulePrefix(group, i);
      var recorded = Artifact.from(manifest.get(), prefix, cache.root());
      if (recorded.isEmpty()) {
        return modules.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(modules));
      }
      if (!Files.isReadable(recorded.get().path())) {
        return Optional.empty();
      }
      var bytes = Files.readAllBytes(recorded.get().path());
      if (!Digest.of(bytes).equals(recorded.get().sha256())) {
        return Optional.empty();
      }
      modules.add(new KernelModule(manifest.get().get(prefix.concat(".name")), bytes));
    }
  }

  private void requireSpace(long needed) throws IOException, ImageException {
    long usable = Files.getFileStore(cache.root()).getUsableSpace();
    if (usable < needed) {
      throw new ImageException.NoSpace(
          cache.root(), (usable >> 20) + " MiB are free, " + (needed >> 20) + " are needed");
    }
  }

  private ImageException failed(IOException e) {
    var message = String.valueOf(e.getMessage());
    return message.contains("No space left on device")
        ? new ImageException.NoSpace(cache.root(), "the disk became full during the build")
        : new ImageException.CacheFailed("can't build in " + cache.root(), e);
  }
}
