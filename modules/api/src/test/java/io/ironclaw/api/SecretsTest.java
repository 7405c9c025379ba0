package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SecretsTest {
  private final Secrets secrets = new Secrets();

  @Test
  void a_known_value_is_masked_wherever_it_is_and_in_the_forms_it_is_sent_in() {
    secrets.add("hunter2 &x");
    assertThat(secrets.mask("a hunter2 &x b")).isEqualTo("a [masked] b");
    assertThat(secrets.mask("q=hunter2+%26x")).isEqualTo("q=[masked]");
    assertThat(secrets.mask("q=hunter2%20%26x")).isEqualTo("q=[masked]");
    assertThat(secrets.mask("echo aHVudGVyMiAmeA==|base64 -d")).doesNotContain("aHVudGVyMiAmeA");
    assertThat(secrets.mask(List.of("echo", "xhunter2 &xx"))).containsExactly("echo", "x[masked]x");
  }

  @Test
  void the_longer_of_two_that_overlap_is_masked_whole() {
    secrets.add("abcd");
    secrets.add("abcdefgh");
    assertThat(secrets.mask("abcdefgh abcd")).isEqualTo("[masked] [masked]");
  }

  @Test
  void a_value_that_is_in_too_much_text_is_refused() {
    assertThatThrownBy(() -> secrets.add("abc"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 4");
  }

  @Test
  void the_newest_thousand_are_known_however_many_there_were() {
    for (int i = 0; i < 3 * Secrets.MOST; i++) {
      secrets.add("value-" + i + ";");
      secrets.add("again and again");
    }
    assertThat(secrets.mask("value-0; value-3071; again and again"))
        .isEqualTo("value-0; [masked] [masked]");
  }

  @Test
  void names_of_variables_that_say_it_are_known() {
    assertThat(List.of("GITHUB_TOKEN", "DB_PASSWORD", "aws_secret_access_key", "API_KEY"))
        .allMatch(Secrets::isNamed);
    assertThat(List.of("PATH", "KEYBOARD", "A")).noneMatch(Secrets::isNamed);
  }

  /** Each holds PLANTED, or a credential that is known by its form. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "curl --token PLANTED https://x",
        "curl --api-key=PLANTED",
        "PGPASSWORD=PLANTED psql",
        "export AWS_SECRET_ACCESS_KEY='PLANTED' && run",
        "curl -H 'Authorization: Bearer PLANTED'",
        "curl -H \"authorization: Basic PLANTED=\"",
        "curl -H 'Cookie: a=b; session=PLANTED'",
        "curl -H 'X-Api-Key: PLANTED'",
        "git clone https://me:PLANTED@example.org/x.git",
        "curl -u me:PLANTED https://x",
        "curl --user me:PLANTED https://x",
        "mysql --password=PLANTED -h x",
        "echo '{\"client_secret\": \"PLANTED\"}'",
        "echo 'api_key: PLANTED'",
        "curl 'https://x/?access_token=PLANTED&y=1'",
        "cat <<E\n-----BEGIN RSA PRIVATE KEY-----\nPLANTED\n-----END RSA PRIVATE KEY-----\nE"
      })
  void what_looks_like_a_credential_is_masked(String command) {
    assertThat(secrets.mask(command)).doesNotContain("PLANTED").contains("[masked]");
    assertThat(String.join(" ", secrets.mask(List.of("sh", "-c", command))))
        .doesNotContain("PLANTED");
    assertThat(String.join(" ", secrets.mask(Arrays.asList(command.split(" ", -1)))))
        .as("word by word")
        .satisfies(words -> {
          if (!command.contains("Authorization")
              && !command.contains("authorization")
              && !command.contains("Cookie")
              && !command.contains("\n")
              && !command.contains("X-Api")
              && !command.contains(": ")) {
            assertThat(words).doesNotContain("PLANTED");
          }
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
        "glpat-abcdefghij0123456789",
        "xoxb-123456789012-abcdefghij",
        "sk-ant-api03-abcdefghijklmnop",
        "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
        "npm_abcdefghijklmnopqrstuvwxyz0123456789",
        "hf_abcdefghijklmnopqrstuvwx",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"
      })
  void what_services_give_out_is_masked_by_its_form(String token) {
    assertThat(secrets.mask("run " + token + " now")).isEqualTo("run [masked] now");
  }

  @Test
  void other_text_stays_as_it_is() {
    for (var text :
        List.of(
            "ls -l /etc/passwd",
            "python3 -c 'print(1)'",
            "curl https://example.org:8443/a?b=c",
            "apt-get install keyboard-configuration",
            "grep -r monkey .",
            "echo \u202e tokens are fun")) {
      assertThat(secrets.mask(text)).isEqualTo(text);
    }
    assertThat(secrets.mask(List.of("id", "-u"))).containsExactly("id", "-u");
  }

  @Test
  void no_text_makes_a_pattern_try_every_way() {
    for (var part :
        List.of("token", "pass=", "\"", "--secret ", "eyJ.", "://", "a:b", "-u ", "x-")) {
      // A pattern that tries every way would not end before this class's time does.
      assertThat(secrets.mask(part.repeat(60_000 / part.length()))).as(part).isNotNull();
    }
  }
}
