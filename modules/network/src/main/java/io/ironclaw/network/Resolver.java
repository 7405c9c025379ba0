package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.host.IoThread;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Port 53 of a guest's gateway, in its namespace: takes its questions, gives them to {@link
 * Answers}. So many at a time are worked on; more are answered with nothing, and the guest asks
 * again.
 */
final class Resolver implements AutoCloseable {
  private static final int PORT = 53;
  private static final int MOST_QUESTION = 1_024;
  private static final int MOST_DATAGRAM = 1_232;
  private static final int MOST_ANSWER = 16_384;
  private static final int AT_ONCE = 16;
  private static final int CONNECTIONS = 8;
  private static final Duration IDLE = Duration.ofSeconds(10);

  private final DatagramChannel datagrams;
  private final ServerSocketChannel connections;
  private final Answers answers;
  private final Semaphore atOnce = new Semaphore(AT_ONCE);
  private final Semaphore open = new Semaphore(CONNECTIONS);
  private final AtomicReference<Optional<Token>> expected = new AtomicReference<>(Optional.empty());

  /** What the probe of a guest brings, which is no question. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Token(byte[] bytes, CompletableFuture<SocketAddress> arrived) {}

  private Resolver(DatagramChannel datagrams, ServerSocketChannel connections, Answers answers) {
    this.datagrams = datagrams;
    this.connections = connections;
    this.answers = answers;
  }

  /** Listens on an address of a namespace. */
  static Resolver on(Namespace namespace, InetSocketAddress gateway, Answers answers)
      throws IOException, HostException {
    var address = new InetSocketAddress(gateway.getAddress(), PORT);
    var datagrams = namespace.call(() -> DatagramChannel.open().bind(address));
    boolean done = false;
    try {
      var connections = namespace.call(() -> ServerSocketChannel.open().bind(address, CONNECTIONS));
      var resolver = new Resolver(datagrams, connections, answers);
      var _ = IoThread.start("dns-" + gateway.getHostString(), resolver::takeDatagrams);
      var _ = IoThread.start("dns-tcp-" + gateway.getHostString(), resolver::takeConnections);
      done = true;
      return resolver;
    } finally {
      if (!done) {
        datagrams.close();
      }
    }
  }

  /** Whatever sends these bytes next. */
  CompletableFuture<SocketAddress> expect(byte[] token) {
    var arrived = new CompletableFuture<SocketAddress>();
    expected.set(Optional.of(new Token(token.clone(), arrived)));
    return arrived;
  }

  /** Waits for what was {@link #expect expected}; whether it came in time. */
  static boolean came(CompletableFuture<SocketAddress> expected, Duration patience)
      throws InterruptedException {
    try {
      var _ = expected.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (ExecutionException | TimeoutException _) {
      return false;
    }
  }

  private void takeDatagrams() {
    var buffer = ByteBuffer.allocate(MOST_QUESTION);
    while (datagrams.isOpen()) {
      try {
        buffer.clear();
        var from = datagrams.receive(buffer);
        byte[] bytes = Arrays.copyOf(buffer.array(), buffer.position());
        if (!isExpected(bytes, from) && atOnce.tryAcquire()) {
          var _ = Thread.ofVirtual().name("dns").start(() -> answer(bytes, from));
        }
      } catch (ClosedChannelException _) {
        return;
      } catch (IOException _) {
        // What the kernel tells of an answer that went nowhere; the next question is another one.
      }
    }
  }

  private boolean isExpected(byte[] bytes, SocketAddress from) {
    var token = expected.get();
    if (token.isEmpty() || !Arrays.equals(token.get().bytes, bytes)) {
      return false;
    }
    return token.get().arrived.complete(from);
  }

  private void answer(byte[] bytes, SocketAddress from) {
    try {
      var answer = answers.to(bytes, MOST_DATAGRAM);
      if (answer.isPresent()) {
        int _ = datagrams.send(ByteBuffer.wrap(answer.get()), from);
      }
    } catch (IOException _) {
      // It is closed, or the guest does not take it.
    } finally {
      atOnce.release();
    }
  }

  private void takeConnections() {
    while (connections.isOpen()) {
      try {
        var connection = connections.accept();
        if (open.tryAcquire()) {
          var _ = Thread.ofVirtual().name("dns-tcp").start(() -> converse(connection));
        } else {
          connection.close();
        }
      } catch (ClosedChannelException _) {
        return;
      } catch (IOException _) {
        // A connection that was gone before it was taken.
      }
    }
  }

  /** Questions and answers, each after its length (RFC 7766). */
  private void converse(SocketChannel connection) {
    try (connection) {
      connection.socket().setSoTimeout((int) IDLE.toMillis());
      var in = new DataInputStream(connection.socket().getInputStream());
      var out = new DataOutputStream(connection.socket().getOutputStream());
      while (true) {
        int length = in.readUnsignedShort();
        if (length > MOST_QUESTION) {
          return;
        }
        var answer = answers.to(in.readNBytes(length), MOST_ANSWER);
        if (answer.isEmpty()) {
          return;
        }
        out.writeShort(answer.get().length);
        out.write(answer.get());
        out.flush();
      }
    } catch (IOException _) {
      // The guest has hung up, or said nothing for too long.
    } finally {
      open.release();
    }
  }

  @Override
  public void close() {
    try (connections) {
      datagrams.close();
    } catch (IOException _) {
      // They are closed all the same.
    }
  }
}
