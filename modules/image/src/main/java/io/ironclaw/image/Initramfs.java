package io.ironclaw.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * The archive that the kernel unpacks into its first file system: the agent as {@code /init}, its
 * modules as {@code /modules/NN-name.ko} in loading order, those of devices that not every machine
 * has in folders of their own alike, a console, mount points, nothing else. Not compressed, because
 * unpacking is slow under emulation; the same input gives the same bytes.
 */
final class Initramfs {
  /** The folder of the modules that every machine has. */
  static final String ALWAYS = "modules";

  private static final List<String> DIRECTORIES =
      List.of("dev", "lower", "newroot", "proc", "scratch", "sys");
  private static final int CONSOLE_MAJOR = 5;
  private static final int CONSOLE_MINOR = 1;

  private long inode;

  private Initramfs() {}

  /** The archive of an agent and its modules, by their folders. */
  static byte[] of(byte[] agent, Map<String, List<KernelModule>> modules) throws IOException {
    return new Initramfs().write(agent, new TreeMap<>(modules));
  }

  private byte[] write(byte[] agent, SortedMap<String, List<KernelModule>> modules)
      throws IOException {
    int size = 1 << 16;
    for (var group : modules.values()) {
      for (var module : group) {
        size += module.bytes().length + 512;
      }
    }
    var bytes = new ByteArrayOutputStream(size + agent.length);
    try (var cpio = new CpioArchiveOutputStream(bytes, CpioConstants.FORMAT_NEW)) {
      for (var directory : DIRECTORIES) {
        add(cpio, entry(directory, CpioConstants.C_ISDIR | 0755, 0), new byte[0]);
      }
      for (var directory : modules.keySet()) {
        add(cpio, entry(directory, CpioConstants.C_ISDIR | 0755, 0), new byte[0]);
      }
      var console = entry("dev/console", CpioConstants.C_ISCHR | 0600, 0);
      console.setRemoteDeviceMaj(CONSOLE_MAJOR);
      console.setRemoteDeviceMin(CONSOLE_MINOR);
      add(cpio, console, new byte[0]);
      add(cpio, entry("init", CpioConstants.C_ISREG | 0755, agent.length), agent);
      for (var group : modules.entrySet()) {
        add(cpio, group.getKey(), group.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private void add(CpioArchiveOutputStream cpio, String folder, List<KernelModule> modules)
      throws IOException {
    for (int i = 0; i < modules.size(); i++) {
      var module = modules.get(i);
      var name = String.format("%s/%02d-%s.ko", folder, i, module.name());
      add(cpio, entry(name, CpioConstants.C_ISREG | 0644, module.bytes().length), module.bytes());
    }
  }

  private CpioArchiveEntry entry(String name, int mode, int size) {
    var entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
    entry.setInode(++inode);
    entry.setMode(mode);
    entry.setSize(size);
    entry.setTime(0);
    entry.setNumberOfLinks((mode & CpioConstants.C_ISDIR) == CpioConstants.C_ISDIR ? 2 : 1);
    return entry;
  }

  private static void add(CpioArchiveOutputStream cpio, CpioArchiveEntry entry, byte[] content)
      throws IOException {
    cpio.putArchiveEntry(entry);
    cpio.write(content);
    cpio.closeArchiveEntry();
  }
}
