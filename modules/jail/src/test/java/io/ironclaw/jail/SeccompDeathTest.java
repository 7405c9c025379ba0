package io.ironclaw.jail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SeccompDeathTest {
  private static String record(String uid, String pid, String comm, String call) {
    return ("[ 2350.4] audit: type=1326 audit(1795913238.614:2): auid=4294967295 uid=%s gid=0"
            + " ses=4294967295 pid=%s comm=%s exe=\"/tmp/k\" sig=31 arch=c000003e syscall=%s"
            + " compat=0 ip=0x7f17539b14f7 code=0x80000000\n")
        .formatted(uid, pid, comm, call);
  }

  @Test
  void the_newest_record_of_the_process_says_what_it_called() {
    var log =
        record("0", "7", "\"first\"", "1")
            + record("0", "8", "\"other\"", "2")
            + record("0", "7", "4350552030", "57")
            + "something else\n";
    var last = SeccompDeath.in(log, Optional.of(7L), OptionalLong.empty()).record().orElseThrow();
    assertThat(last.call()).isEqualTo(57);
    assertThat(last.thread()).isEqualTo("CPU 0");
    assertThat(last.action()).isEqualTo("the process was killed");
    assertThat(last.at()).isEqualTo(java.time.Instant.ofEpochSecond(1_795_913_238, 614_000_000));
    assertThat(SeccompDeath.in(log, Optional.of(7L), OptionalLong.empty()).text())
        .isEqualTo("was killed by its seccomp filter: syscall fork (57), thread CPU 0");
  }

  @Test
  void where_only_its_user_is_known_that_finds_it() {
    var log = record("1900000001", "7", "\"qemu\"", "41") + record("0", "9", "\"x\"", "2");
    var death = SeccompDeath.in(log, Optional.empty(), OptionalLong.of(1_900_000_001L));
    assertThat(death.record().orElseThrow().call()).isEqualTo(41);
    assertThat(death.record().orElseThrow().thread()).isEqualTo("qemu");
  }

  @Test
  void without_a_record_there_is_the_signal() {
    var death = SeccompDeath.in("", Optional.of(7L), OptionalLong.empty());
    assertThat(death.text())
        .isEqualTo(
            "was killed by its seccomp filter (signal 31; which system call it was, the kernel"
                + " tells root only)");
    assertThat(
            SeccompDeath.in(record("0", "7", "\"a\"", "1"), Optional.empty(), OptionalLong.empty()))
        .isEqualTo(death);
  }

  @Test
  void whatever_a_thread_calls_itself_is_printable_and_harmless() {
    var random = new Random(3);
    var log = new StringBuilder(record("0", "7", "1B5B33316D", "1"));
    for (int i = 0; i < 2_000; i++) {
      log.setCharAt(random.nextInt(log.length()), (char) random.nextInt(256));
      var death = SeccompDeath.in(log.toString(), Optional.of(7L), OptionalLong.empty());
      assertThat(death.record().map(SeccompRecord::thread).orElse("").chars())
          .allMatch(c -> c >= ' ');
    }
  }
}
