package io.ironclaw.sandbox;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.VmId;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;

/**
 * A socket in a VM's folder, which nobody but its user can enter: whoever connects is answered by
 * the process that runs the VM. The answer is a letter, A for an answer or E for an error, and the
 * text of it.
 */
final class Desk implements AutoCloseable {
  private static final char ANSWER = 'A';
  private static final char ERROR = 'E';

  /** Finds an answer; less than a socket holds, so that no reader is waited for. */
  @FunctionalInterface
  interface Answering {
    String now() throws IronClawException;
  }

  /** Hears who asks. */
  @FunctionalInterface
  interface Asked {
    void by(String user);
  }

  private final ServerSocketChannel server;

  private Desk(ServerSocketChannel server) {
    this.server = server;
  }

  static Desk open(Path folder, String name, Answering answering, Asked asked) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    boolean bound = false;
    try {
      server.bind(UnixDomainSocketAddress.of(folder.resolve(name)));
      bound = true;
    } finally {
      if (!bound) {
        server.close();
      }
    }
    IoThread.start(name + "-desk", () -> serve(server, answering, asked));
    return new Desk(server);
  }

  private static void serve(ServerSocketChannel server, Answering answering, Asked asked) {
    while (true) {
      try (var client = server.accept()) {
        asked.by(client.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName());
        answer(client, answering);
      } catch (IOException _) {
        if (!server.isOpen()) {
          return;
        }
        // One that hung up.
      }
    }
  }

  private static void answer(SocketChannel client, Answering answering) throws IOException {
    String answer;
    try {
      answer = ANSWER + answering.now();
    } catch (IronClawException e) {
      answer = ERROR + e.getMessage();
    }
    try (var out = Channels.newOutputStream(client)) {
      out.write(answer.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Asks at the desk of a running VM of this user.
   *
   * @param most bytes of an answer
   * @return empty if none of that name runs, or it has no such desk
   * @throws HostException with what the process that runs it says
   */
  static Optional<byte[]> ask(Settings settings, VmId vm, String name, int most)
      throws HostException {
    var connected = connected(settings.runtimeDir().resolve(vm.value()).resolve(name));
    if (connected.isEmpty()) {
      return Optional.empty();
    }
    try (var channel = connected.get()) {
      byte[] answer = Channels.newInputStream(channel).readNBytes(most + 1);
      if (answer.length > 0 && answer[0] == ANSWER) {
        return Optional.of(Arrays.copyOfRange(answer, 1, answer.length));
      }
      String words = new String(answer, StandardCharsets.UTF_8);
      throw new HostException(
          words.isEmpty()
              ? "VM " + vm + " was closed while it was asked for its " + name
              : Printable.lines(words.substring(1)));
    } catch (IOException e) {
      throw new HostException(
          "VM " + vm + " can't be asked for its " + name + ": " + PrivateDir.reason(e), e);
    }
  }

  private static Optional<SocketChannel> connected(Path socket) {
    try {
      return Optional.of(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    } catch (IOException _) {
      // Nobody is there: no such VM, or one whose process was killed.
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException _) {
      // Its folder goes with the VM.
    }
  }
}
