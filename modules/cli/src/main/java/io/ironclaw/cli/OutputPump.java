package io.ironclaw.cli;

import io.ironclaw.api.Execution;
import io.ironclaw.api.IronClawException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Passes one of a command's output streams on as it comes, to the stream's end. */
final class OutputPump implements Runnable {
  private static final int BUFFER = 65_536;

  private final Execution execution;
  private final InputStream from;
  private final OutputStream to;
  private volatile @Nullable IOException unwritten;

  OutputPump(Execution execution, InputStream from, OutputStream to) {
    this.execution = execution;
    this.from = from;
    this.to = to;
  }

  /** Why the output could not be passed on, if so; the command was killed then. */
  Optional<IOException> unwritten() {
    return Optional.ofNullable(unwritten);
  }

  @Override
  public void run() {
    var buffer = new byte[BUFFER];
    try {
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        if (!write(buffer, n)) {
          return;
        }
      }
    } catch (IOException _) {
      // The VM is gone: waiting for the command says why.
    }
  }

  private boolean write(byte[] buffer, int n) {
    try {
      to.write(buffer, 0, n);
      to.flush();
      return true;
    } catch (IOException e) {
      unwritten = e;
    }
    try {
      execution.kill();
    } catch (IronClawException _) {
      // It is gone already, which is what was wanted.
    }
    return false;
  }
}
