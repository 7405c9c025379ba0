package io.ironclaw.sandbox;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Printable;
import io.ironclaw.api.VmId;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.proof.ProofReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A socket in a VM's folder, which nobody but its user can enter: whoever connects makes the
 * process that runs the VM read again what isolates it. The answer is a letter, P for a proof or E
 * for an error, and the text of it.
 */
public final class ProofDesk implements AutoCloseable {
  private static final String SOCKET = "proof";
  private static final char PROOF = 'P';
  private static final char ERROR = 'E';

  /** Reads again. */
  @FunctionalInterface
  interface Proving {
    IsolationProof now() throws IronClawException;
  }

  private final ServerSocketChannel server;

  private ProofDesk(ServerSocketChannel server) {
    this.server = server;
  }

  static ProofDesk open(Path folder, Proving proving) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    boolean bound = false;
    try {
      server.bind(UnixDomainSocketAddress.of(folder.resolve(SOCKET)));
      bound = true;
    } finally {
      if (!bound) {
        server.close();
      }
    }
    IoThread.start("proof-desk", () -> serve(server, proving));
    return new ProofDesk(server);
  }

  private static void serve(ServerSocketChannel server, Proving proving) {
    while (true) {
      try (var client = server.accept()) {
        answer(client, proving);
      } catch (IOException _) {
        if (!server.isOpen()) {
          return;
        }
        // One that hung up.
      }
    }
  }

  /** Less than a socket holds: no reader is waited for. */
  private static void answer(SocketChannel client, Proving proving) throws IOException {
    String answer;
    try {
      answer = PROOF + proving.now().json();
    } catch (IronClawException e) {
      answer = ERROR + e.getMessage();
    }
    try (var out = Channels.newOutputStream(client)) {
      out.write(answer.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Has a running VM of this user read again.
   *
   * @return empty if none of that name runs
   * @throws HostException with what the process that runs it says: the VM was ended, perhaps
   */
  public static Optional<IsolationProof> ask(Settings settings, VmId vm) throws HostException {
    Path socket = settings.runtimeDir().resolve(vm.value()).resolve(SOCKET);
    var connected = connected(socket);
    if (connected.isEmpty()) {
      return Optional.empty();
    }
    try (var channel = connected.get()) {
      byte[] answer = Channels.newInputStream(channel).readNBytes(ProofReader.MOST_BYTES + 1);
      if (answer.length > 0 && answer[0] == PROOF) {
        return Optional.of(
            ProofReader.read(java.util.Arrays.copyOfRange(answer, 1, answer.length)));
      }
      String words = new String(answer, StandardCharsets.UTF_8);
      throw new HostException(
          words.isEmpty()
              ? "VM " + vm + " was closed while it was asked for its proof"
              : Printable.lines(words.substring(1)));
    } catch (IOException e) {
      throw new HostException(
          "VM " + vm + " can't be asked for its proof: " + PrivateDir.reason(e), e);
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
