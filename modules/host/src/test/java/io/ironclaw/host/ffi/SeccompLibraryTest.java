package io.ironclaw.host.ffi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeccompLibraryTest {
  private static final int KILL_PROCESS = 0x8000_0000;
  private static final int ALLOW = 0x7fff_0000;

  @Test
  void a_host_without_it_is_told_what_to_install() {
    assertThatThrownBy(() -> SeccompLibrary.open("libseccomp.so.99"))
        .isInstanceOf(HostException.class)
        .hasMessageContainingAll("libseccomp.so.99 can't be loaded", "apt-get install libseccomp2");
  }

  @Test
  void a_rule_that_it_refuses_is_an_error_with_the_call() throws Exception {
    try (var library = SeccompLibrary.open()) {
      var senseless =
          new SeccompLibrary.Rule(ALLOW, 0, List.of(new SeccompLibrary.Condition(7, 4, 0, 0)));
      assertThatThrownBy(() -> library.compile(KILL_PROCESS, List.of(senseless)))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("refuses the rule for system call 0");
      assertThat(library.compile(KILL_PROCESS, List.of())).isNotEmpty();
    }
  }
}
