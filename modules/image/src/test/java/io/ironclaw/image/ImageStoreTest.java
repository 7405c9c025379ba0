package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import io.ironclaw.api.ImageName;
import io.ironclaw.api.ImageRef;
import io.ironclaw.host.Manifest;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.Removed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cache with a kernel already in it: nothing here needs apt or the network. */
class ImageStoreTest {
  @TempDir Path directory;
  private final List<String> said = new ArrayList<>();
  private Path cacheDir = Path.of("unset");
  private Path userImage = Path.of("unset");
  private ImageRef ref = ImageRef.DEFAULT;

  @BeforeEach
  void fillCache() throws IOException {
    cacheDir = directory.resolve("cache");
    userImage = directory.resolve("image.squashfs");
    Files.write(userImage, RootfsProbeTest.squashfs().array());
    ref = new ImageRef.File(userImage);
    var cache = new CacheDirectory(cacheDir);
    cache.create();
    var vmlinux = cache.addBlob(".vmlinux", KernelFixture.elf(5_000));
    var modules = new HashMap<String, String>();
    modules.put(Piece.FOR_KERNEL, vmlinux.sha256().hex());
    modules.put("squashfs.0.name", "virtio");
    cache.addBlob(".ko", new byte[] {1, 2, 3}).writeTo(modules, "squashfs.0", cache.root());
    for (var group : List.of("network", "vsock", "vsock-device")) {
      modules.put(group + ".0.name", group + "_driver");
      cache.addBlob(".ko", new byte[] {4, 5}).writeTo(modules, group + ".0", cache.root());
    }
    new Manifest(modules).write(cache.manifest(Piece.MODULES));
    var unused = Piece.write(cache, Piece.KERNEL, vmlinux, Map.of(Piece.VERSION, "6.1.0-test"));
    assertThat(unused.artifact()).isEqualTo(vmlinux);
  }

  @Test
  void the_second_preparation_gives_the_same_and_says_nothing() throws Exception {
    var first = store("agent").prepare(ref);
    said.clear();

    assertSame(store("agent").prepare(ref), first);
    assertThat(said).isEmpty();
    assertThat(first.kernelVersion()).isEqualTo("6.1.0-test");
    assertThat(first.type()).isEqualTo(RootfsType.SQUASHFS);
    assertThat(first.rootfs()).isEqualTo(userImage);
    assertThat(Digest.of(first.initramfs())).isEqualTo(first.initramfsFile().sha256());
  }

  @Test
  void another_agent_gives_another_initramfs_and_nothing_else() throws Exception {
    var one = store("agent one").prepare(ref);
    var two = store("agent two").prepare(ref);

    assertThat(two.initramfsFile().sha256()).isNotEqualTo(one.initramfsFile().sha256());
    assertThat(two.kernelFile().sha256()).isEqualTo(one.kernelFile().sha256());
    assertThat(store("agent one").prepare(ref)).isEqualTo(one);
  }

  /** The same files with the same content, whenever they were written. */
  private static void assertSame(BootImage image, BootImage first) {
    assertThat(image)
        .usingRecursiveComparison()
        .ignoringFieldsMatchingRegexes(".*stamp")
        .isEqualTo(first);
  }

  @Test
  void a_damaged_initramfs_is_built_again_and_it_is_said() throws Exception {
    var first = store("agent").prepare(ref);
    Files.delete(first.initramfs());
    Files.writeString(first.initramfs(), "damaged");

    assertSame(store("agent").prepare(ref), first);
    assertThat(Digest.of(first.initramfs())).isEqualTo(first.initramfsFile().sha256());
    assertThat(said).anyMatch(line -> line.contains("damaged (checksum)"));
  }

  @Test
  void a_missing_initramfs_is_built_again() throws Exception {
    var first = store("agent").prepare(ref);
    Files.delete(first.initramfs());

    assertSame(store("agent").prepare(ref), first);
    assertThat(Files.exists(first.initramfs())).isTrue();
  }

  @Test
  void a_file_that_was_only_touched_is_checked_and_kept() throws Exception {
    var first = store("agent").prepare(ref);
    Files.setLastModifiedTime(first.kernel(), FileTime.fromMillis(1_000));
    said.clear();

    assertSame(store("agent").prepare(ref), first);
    assertThat(said).noneMatch(line -> line.contains("damaged"));
    said.clear();
    assertSame(store("agent").prepare(ref), first);
    assertThat(said).isEmpty();
  }

  @Test
  void a_users_image_that_changed_gets_its_new_digest() throws Exception {
    var first = store("agent").prepare(ref);
    var changed = RootfsProbeTest.squashfs().array();
    changed[7_000] = 1;
    Files.write(userImage, changed);
    Files.setLastModifiedTime(userImage, FileTime.fromMillis(5_000));

    var second = store("agent").prepare(ref);

    assertThat(second.rootfsFile().sha256()).isEqualTo(Digest.of(changed));
    assertThat(second.rootfsFile().sha256()).isNotEqualTo(first.rootfsFile().sha256());
  }

  @Test
  void an_unknown_image_is_refused_with_the_known_ones() {
    var unknown = new ImageRef.Named(new ImageName("windows"));

    assertThatThrownBy(() -> store("agent").prepare(unknown))
        .isInstanceOf(ImageException.UnknownImage.class)
        .hasMessageContaining("\"windows\": known images are debian");
  }

  @Test
  void a_users_image_that_is_not_there_is_refused() {
    var gone = new ImageRef.File(directory.resolve("nothing"));

    assertThatThrownBy(() -> store("agent").prepare(gone))
        .isInstanceOf(ImageException.UnknownImage.class)
        .hasMessageContaining("no image file");
  }

  @Test
  void what_a_killed_build_left_over_is_removed() throws Exception {
    var left = Files.writeString(cacheDir.resolve("tmp/rootfs.squashfs"), "half");

    assertThat(store("agent").prepare(ref).kernelVersion()).isEqualTo("6.1.0-test");
    assertThat(Files.exists(left)).isFalse();
  }

  @Test
  void a_changed_byte_is_found_even_if_size_and_time_are_as_before() throws Exception {
    var first = store("agent").prepare(ref);
    var before = Files.getLastModifiedTime(first.initramfs());
    byte[] bytes = Files.readAllBytes(first.initramfs());
    bytes[bytes.length / 2] ^= 1;
    Files.setPosixFilePermissions(
        first.initramfs(), java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
    Files.write(first.initramfs(), bytes);
    Files.setLastModifiedTime(first.initramfs(), before);

    assertSame(store("agent").prepare(ref), first);
    assertThat(said).anyMatch(line -> line.contains("damaged (checksum)"));
    assertThat(Digest.of(first.initramfs())).isEqualTo(first.initramfsFile().sha256());
  }

  @Test
  void a_copy_of_the_cache_uses_its_own_files() throws Exception {
    store("agent").prepare(ref);
    Path copy = directory.resolve("copy");
    try (var files = Files.walk(cacheDir)) {
      for (var file : files.toList()) {
        Files.copy(file, copy.resolve(cacheDir.relativize(file)));
      }
    }
    PrivateDir.deleteTree(cacheDir);
    cacheDir = copy;
    var image = store("agent").prepare(ref);
    assertThat(image.kernel()).startsWith(copy);
    assertThat(image.initramfs()).startsWith(copy);
  }

  @Test
  void cleaning_removes_what_another_agent_and_an_old_recipe_left_and_nothing_else()
      throws Exception {
    var old = store("agent one").prepare(ref);
    var current = store("agent two").prepare(ref);
    var cache = new CacheDirectory(cacheDir);
    var blob = cache.addBlob(".squashfs", new byte[70_000]);
    var recipe = new HashMap<String, String>();
    blob.writeTo(recipe, "squashfs", cache.root());
    new Manifest(recipe).write(cache.manifest("rootfs-r0-debian"));

    var removed = ImageStore.clean(cacheDir, agent("agent two"), event -> said.add(event.text()));

    assertThat(removed.count()).isEqualTo(2);
    assertThat(removed.bytes()).isBetween(70_000L, 200_000L);
    assertThat(old.initramfs()).doesNotExist();
    assertThat(cache.manifest("rootfs-r0-debian")).doesNotExist();
    said.clear();
    assertThat(store("agent two").prepare(ref)).isEqualTo(current);
    assertThat(said).isEmpty();
  }

  @Test
  void a_cache_that_was_never_filled_needs_no_cleaning() throws Exception {
    assertThat(
            ImageStore.clean(
                directory.resolve("none"), agent("agent"), event -> said.add(event.text())))
        .isEqualTo(Removed.NOTHING);
    assertThat(directory.resolve("none")).doesNotExist();
  }

  private static AgentBinary agent(String agent) {
    return AgentBinary.of(agent.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private ImageStore store(String agent) {
    return new ImageStore(
        cacheDir,
        agent(agent),
        event -> said.add(event.text()),
        (_, _, _) -> {
          throw new AssertionError("nothing is to run in a guest");
        });
  }
}
