package io.ironclaw.tool;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.FileStat;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Something to do in a sandbox. An interrupt of the thread that runs it cancels it.
 *
 * @param <R> what it gives
 */
public sealed interface ToolCall<R> {
  Tool tool();

  /** Does it; for the end of a session's interceptors. */
  R run(Sandbox sandbox) throws IronClawException, IOException, InterruptedException;

  /** What is done with a command while it runs, its end included. */
  @FunctionalInterface
  interface Body<R> {
    R run(Sandbox sandbox, Execution execution)
        throws IronClawException, IOException, InterruptedException;
  }

  /**
   * Runs a command. It is killed when the body ends before it does.
   *
   * @param body passes its streams on and waits for it
   */
  record Exec<R>(ExecSpec spec, Body<R> body) implements ToolCall<R> {
    @Override
    public Tool tool() {
      return Tool.EXEC;
    }

    @Override
    public R run(Sandbox sandbox) throws IronClawException, IOException, InterruptedException {
      try (var execution = sandbox.start(spec)) {
        return body.run(sandbox, execution);
      }
    }
  }

  /**
   * Copies a file, or a part of it, out of the guest.
   *
   * @param offset first byte
   * @param most bytes at most; 0 = all
   */
  record ReadFile(String path, long offset, long most, OutputStream to)
      implements ToolCall<FileStat> {
    @Override
    public Tool tool() {
      return Tool.READ_FILE;
    }

    @Override
    public FileStat run(Sandbox sandbox) throws IronClawException, IOException {
      return sandbox.readFile(path, offset, most, to);
    }
  }

  /** Copies everything from a stream into a file of the guest, in one step. */
  record WriteFile(String path, int mode, boolean createParents, InputStream from)
      implements ToolCall<FileStat> {
    @Override
    public Tool tool() {
      return Tool.WRITE_FILE;
    }

    @Override
    public FileStat run(Sandbox sandbox) throws IronClawException, IOException {
      return sandbox.writeFile(path, mode, createParents, from);
    }
  }

  /**
   * Lists a folder.
   *
   * @param most entries at most
   */
  record ListFiles(String path, int most) implements ToolCall<Sandbox.Listing> {
    @Override
    public Tool tool() {
      return Tool.LIST_FILES;
    }

    @Override
    public Sandbox.Listing run(Sandbox sandbox) throws IronClawException {
      return sandbox.listFiles(path, most);
    }
  }

  /** Reads again what isolates the VM. */
  record Prove() implements ToolCall<IsolationProof> {
    @Override
    public Tool tool() {
      return Tool.PROVE;
    }

    @Override
    public IsolationProof run(Sandbox sandbox) throws IronClawException {
      return sandbox.proof();
    }
  }
}
