package io.ironclaw.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.VmId;
import io.ironclaw.api.VmStartException;
import io.ironclaw.image.BootImage;
import io.ironclaw.vm.KvmProbe.Answer;
import io.ironclaw.vm.KvmProbe.Finding;
import io.ironclaw.vm.qemu.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KvmProbeTest {
  private static final Finding WORKS = new Finding(Answer.WORKS, "a guest booted with KVM");
  private static final Finding FAILS = new Finding(Answer.DOES_NOT_WORK, "it hung");

  @TempDir Path dir;
  private final List<BootImage> boots = new ArrayList<>();
  private Finding truth = WORKS;
  private String program = "7.2.22 1-1";
  private KvmProbe.Host host = new KvmProbe.Host(Path.of("a"), Path.of("b"), Path.of("c"));
  private BootImage image = Images.in(Path.of("/c"));

  @BeforeEach
  void make_a_host() throws IOException {
    host =
        new KvmProbe.Host(
            Files.createFile(dir.resolve("kvm")),
            dir.resolve("kvm_pvm"),
            Files.writeString(dir.resolve("boot_id"), "boot-1\n"));
  }

  private Finding find() {
    return new KvmProbe(
            host,
            program,
            dir.resolve("kvm-probe"),
            booted -> {
              boots.add(booted);
              return truth;
            })
        .find(image);
  }

  @Test
  void what_a_boot_has_shown_is_remembered() {
    assertThat(find()).isEqualTo(WORKS);
    truth = FAILS;
    assertThat(find()).isEqualTo(WORKS);
    assertThat(boots).hasSize(1);
  }

  @Test
  void that_kvm_does_not_work_is_remembered_too_with_its_reason() {
    truth = FAILS;
    find();
    assertThat(find()).isEqualTo(FAILS);
    assertThat(boots).hasSize(1);
  }

  @Test
  void another_kernel_initramfs_qemu_or_boot_of_the_host_is_probed_again() throws Exception {
    find();
    image = Images.with(Path.of("/c"), "kernel 2", "initramfs");
    find();
    assertThat(boots).hasSize(2);
    image = Images.with(Path.of("/c"), "kernel 2", "initramfs 2");
    find();
    assertThat(boots).hasSize(3);
    program = "7.2.22 1-2";
    find();
    assertThat(boots).hasSize(4);
    program = "7.2.23 1-2";
    find();
    assertThat(boots).hasSize(5);
    Files.writeString(host.bootId(), "boot-2\n");
    find();
    find();
    assertThat(boots).hasSize(6);
  }

  @Test
  void a_damaged_note_is_probed_again() throws Exception {
    find();
    Path note = dir.resolve("kvm-probe");
    String good = Files.readString(note);
    for (var bad :
        List.of(good.replace("WORKS\n", "WORKZ\n"), "", "\0", "x".repeat(10_000), good + good)) {
      Files.writeString(note, bad);
      assertThat(find()).isEqualTo(WORKS);
    }
    assertThat(boots).hasSize(6);
    Files.write(note, new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThat(find()).isEqualTo(WORKS);
  }

  @Test
  void an_answer_that_can_not_be_kept_stands_and_costs_one_boot() throws Exception {
    Files.createDirectory(dir.resolve("kvm-probe"));
    assertThat(find()).isEqualTo(WORKS);
    assertThat(boots).hasSize(1);
  }

  @Test
  void a_host_without_a_boot_id_is_probed_each_time() throws Exception {
    Files.delete(host.bootId());
    find();
    find();
    assertThat(boots).hasSize(2);
  }

  @Test
  void no_device_and_a_paravirtual_host_are_seen_without_a_boot() throws Exception {
    Files.createFile(host.paravirtual());
    assertThat(find().why()).contains("paravirtual");
    Files.delete(host.device());
    assertThat(find().why()).contains("there is no " + host.device());
    assertThat(find().answer()).isEqualTo(Answer.DOES_NOT_WORK);
    assertThat(boots).isEmpty();
  }

  @Test
  void what_is_not_known_is_not_remembered() {
    truth = new Finding(Answer.NOT_KNOWN, "the host was short of memory");
    assertThat(find().answer()).isEqualTo(Answer.NOT_KNOWN);
    truth = WORKS;
    assertThat(find()).isEqualTo(WORKS);
    assertThat(boots).hasSize(2);
  }

  @Test
  void a_guest_that_could_not_be_handed_out_speaks_against_it() {
    var unproven =
        ProofException.before(VmId.random(), ProofItem.SECCOMP, "thread 7 sh: Seccomp 0");
    assertThat(KvmProbe.judge(unproven, true).answer()).isEqualTo(Answer.DOES_NOT_WORK);
  }

  @Test
  void a_host_that_is_short_of_something_says_nothing_of_kvm() {
    assertThat(
            KvmProbe.judge(
                    new VmStartException(
                        "VM did not start: QEMU ended with status 1; its console said last:\n"
                            + "cannot set up guest memory 'mem': Cannot allocate memory"),
                    false)
                .answer())
        .isEqualTo(Answer.NOT_KNOWN);
    assertThat(KvmProbe.judge(new HostException("can't make folder /x"), false).answer())
        .isEqualTo(Answer.NOT_KNOWN);
    assertThat(
            KvmProbe.judge(
                    new VmStartException(
                        "VM did not start: QEMU ended with status 1; its console said last:\n"
                            + "failed to initialize kvm: Operation not permitted"),
                    true)
                .answer())
        .isEqualTo(Answer.DOES_NOT_WORK);
  }
}
