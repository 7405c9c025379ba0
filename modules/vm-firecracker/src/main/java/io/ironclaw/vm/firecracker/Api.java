package io.ironclaw.vm.firecracker;

import io.ironclaw.api.Printable;
import io.ironclaw.api.VmStartException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.vm.PlainJson;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * One connection to Firecracker's API, HTTP/1.1 over a Unix socket, kept open: it is made before
 * the guest runs, so nobody can stand in its place. Requests one after the other, each with a
 * deadline; after one that got no answer, none is sent any more. For one thread at a time.
 */
final class Api implements AutoCloseable {
  private static final int SHOWN = 1_000;

  private final UnixStream stream;

  Api(UnixStream stream) {
    this.stream = stream;
  }

  /**
   * Asks for something to be done.
   *
   * @throws VmStartException if it is refused, or not answered in time; names the request
   */
  void request(ApiRequest request, Duration deadline) throws VmStartException {
    var answer =
        exchange(
            request.method(),
            request.path(),
            PlainJson.write(request.body()),
            request.purpose(),
            deadline);
    if (!answer.isGood()) {
      throw new VmStartException(
          "Firecracker could not "
              + request.purpose()
              + ": it refused "
              + request.method()
              + " "
              + request.path()
              + " with "
              + answer.status()
              + ", "
              + reason(answer.body()));
    }
  }

  /**
   * Asks how something is.
   *
   * @throws VmStartException as {@link #request}
   */
  Map<String, Object> get(String path, Duration deadline) throws VmStartException {
    String purpose = "say what " + path + " is";
    var answer = exchange("GET", path, "", purpose, deadline);
    try {
      if (answer.isGood()) {
        return PlainJson.object(answer.body());
      }
    } catch (IOException e) {
      throw new VmStartException(
          "Firecracker answered GET " + path + " with what is " + e.getMessage(), e);
    }
    throw new VmStartException(
        "Firecracker could not " + purpose + ": " + answer.status() + ", " + reason(answer.body()));
  }

  private HttpAnswer exchange(
      String method, String path, String body, String purpose, Duration deadline)
      throws VmStartException {
    String said =
        method
            + ' '
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
            + "Content-Length: "
            + body.getBytes(StandardCharsets.UTF_8).length
            + "\r\n\r\n"
            + body;
    try {
      stream.within(deadline);
      stream.write(said.getBytes(StandardCharsets.UTF_8));
      return HttpAnswer.read(stream.in());
    } catch (EOFException e) {
      close();
      throw new VmStartException("Firecracker ended while it should " + purpose, e);
    } catch (IOException e) {
      // What comes now would be the answer to another question.
      close();
      throw new VmStartException(
          "Firecracker did not "
              + purpose
              + " ("
              + method
              + " "
              + path
              + "): "
              + PrivateDir.reason(e),
          e);
    }
  }

  /**
   * The API has two shapes of errors: an object with a {@code fault_message}, and text that looks
   * like JSON and is none.
   */
  private static String reason(String body) {
    String text = body;
    try {
      if (PlainJson.object(body).get("fault_message") instanceof String fault) {
        text = fault;
      }
    } catch (IOException _) {
      // The other shape.
    }
    String line = Printable.line(text.strip());
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }

  @Override
  public void close() {
    stream.close();
  }
}
