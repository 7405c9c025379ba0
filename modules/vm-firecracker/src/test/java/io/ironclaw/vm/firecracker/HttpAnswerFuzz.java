package io.ironclaw.vm.firecracker;

import io.ironclaw.api.VmStartException;
import io.ironclaw.vm.PlainJson;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** What Firecracker answers, which its guest may have taken over: it is an answer, or an error. */
public final class HttpAnswerFuzz {
  private HttpAnswerFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    try {
      var answer = HttpAnswer.read(new ByteArrayInputStream(data));
      if (answer.status() <= 100 || answer.status() > 599 || answer.body().length() > data.length) {
        throw new AssertionError("an impossible answer: " + answer);
      }
      var devices = FirecrackerDevices.of(PlainJson.object(answer.body()));
      if (devices.disks().size() > data.length) {
        throw new AssertionError("more disks than bytes: " + devices);
      }
    } catch (IOException | VmStartException e) {
      if (String.valueOf(e.getMessage()).isBlank()) {
        throw new AssertionError("an error without words", e);
      }
    }
  }
}
