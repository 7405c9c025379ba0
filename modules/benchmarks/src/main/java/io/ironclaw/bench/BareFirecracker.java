package io.ironclaw.bench;

import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.BootImage;
import io.ironclaw.jail.JailUids;
import io.ironclaw.vm.Template;
import io.ironclaw.vm.firecracker.FirecrackerProgram;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A clone as Firecracker's own documents make one: the jailer, hard links, two sockets. */
final class BareFirecracker implements AutoCloseable {
  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final String ID = "bare";

  private final Path base;
  private final Path root;
  private final BareChannel channel;
  private final Map<String, Double> phases;

  private BareFirecracker(Path base, Path root, BareChannel channel, Map<String, Double> phases) {
    this.phases = phases;
    this.base = base;
    this.root = root;
    this.channel = channel;
  }

  static BareFirecracker cloneOf(
      FirecrackerProgram program, Template template, BootImage image, Path folder, JailUids uids)
      throws IOException, InterruptedException {
    // Links change the times of a file: of copies, which nobody judges by them.
    Path files = folder.resolve("bare-files");
    if (!Files.exists(files)) {
      Files.createDirectory(files);
      Files.copy(template.memory(), files.resolve("memory"));
      Files.copy(template.state(), files.resolve("state"));
      Files.copy(image.rootfs(), files.resolve("root"));
    }
    Path base = Files.createDirectory(folder.resolve("bare-" + NEXT.incrementAndGet()));
    Path root = Files.createDirectories(base.resolve("firecracker").resolve(ID).resolve("root"));
    for (var name : List.of("memory", "state", "root")) {
      Files.createLink(root.resolve(name), files.resolve(name));
    }
    String user = "" + uids.last();
    var phases = new LinkedHashMap<String, Double>();
    long begin = System.nanoTime();
    var jailer =
        new ProcessBuilder(
                program.jailer().toString(),
                "--id",
                ID,
                "--exec-file",
                program.path().toString(),
                "--uid",
                user,
                "--gid",
                user,
                "--chroot-base-dir",
                base.toString(),
                "--new-pid-ns",
                "--",
                "--api-sock",
                "/run/api",
                "--level",
                "Warning")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var api = connected(root.resolve("run").resolve("api"))) {
      phases.put("connect", Lab.millisSince(begin));
      put(
          api,
          "/snapshot/load",
          "{\"snapshot_path\":\"/state\",\"mem_backend\":{\"backend_type\":\"File\","
              + "\"backend_path\":\"/memory\"},\"resume_vm\":true}");
      phases.put("load", Lab.millisSince(begin) - phases.getOrDefault("connect", 0.0));
      var vsock = connected(root.resolve("run").resolve("vsock"));
      send(vsock, "CONNECT 1024\n");
      expect(vsock, "OK ", "\n");
      int _ = jailer.waitFor();
      return new BareFirecracker(base, root, new BareChannel(vsock), phases);
    }
  }

  /** What the start was spent on, ms. */
  Map<String, Double> phases() {
    return phases;
  }

  BareChannel channel() {
    return channel;
  }

  private static SocketChannel connected(Path socket) throws IOException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(socket));
        return channel;
      } catch (IOException e) {
        channel.close();
        if (System.nanoTime() > end) {
          throw e;
        }
        LockSupport.parkNanos(300_000);
      }
    }
  }

  private static void put(SocketChannel api, String path, String body) throws IOException {
    send(
        api,
        "PUT "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
    expect(api, "HTTP/1.1 204 ", "\r\n\r\n");
  }

  private static void send(SocketChannel channel, String text) throws IOException {
    var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      int _ = channel.write(bytes);
    }
  }

  private static void expect(SocketChannel channel, String begin, String end) throws IOException {
    var said = new StringBuilder();
    var one = ByteBuffer.allocate(1);
    while (said.length() < 4_096 && !said.toString().endsWith(end)) {
      if (channel.read(one.clear()) < 0) {
        break;
      }
      said.append((char) one.get(0));
    }
    if (!said.toString().startsWith(begin)) {
      throw new IOException("Firecracker says " + said);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    long pid = Long.parseLong(Files.readString(root.resolve("firecracker.pid")).strip());
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    PrivateDir.deleteTree(base);
  }
}
