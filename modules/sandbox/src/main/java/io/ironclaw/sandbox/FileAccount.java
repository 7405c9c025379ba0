package io.ironclaw.sandbox;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.FileStat;
import io.ironclaw.api.Printable;
import io.ironclaw.api.VmId;
import io.ironclaw.image.Digest;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/** What was copied of one file, one way: an event at its end. For one thread. */
final class FileAccount implements AutoCloseable {
  private final VmId vm;
  private final boolean into;
  private final String path;
  private final EventSink events;
  private final MessageDigest digest = Digest.sha256();
  private final InputStream from;
  private final OutputStream to;
  private long bytes;
  private Optional<String> failure = Optional.of("it was broken off");

  private FileAccount(
      VmId vm, boolean into, String path, InputStream from, OutputStream to, EventSink events) {
    this.vm = vm;
    this.into = into;
    this.path = path;
    this.from = Metered.in(from, this::count);
    this.to = Metered.out(to, this::count);
    this.events = events;
  }

  static FileAccount in(VmId vm, String path, InputStream from, EventSink events) {
    return new FileAccount(vm, true, path, from, OutputStream.nullOutputStream(), events);
  }

  static FileAccount out(VmId vm, String path, OutputStream to, EventSink events) {
    return new FileAccount(vm, false, path, InputStream.nullInputStream(), to, events);
  }

  /** What is copied in, counted. */
  InputStream from() {
    return from;
  }

  /** Where to what is copied out, counted. */
  OutputStream to() {
    return to;
  }

  FileStat done(FileStat stat) {
    failure = Optional.empty();
    return stat;
  }

  <X extends Exception> X failed(X problem) {
    failure = Optional.of(events.masked(Printable.line(String.valueOf(problem.getMessage()))));
    return problem;
  }

  @Override
  public void close() {
    events.publish(
        new Event.FileCopied(
            vm,
            into,
            events.masked(path),
            bytes,
            HexFormat.of().formatHex(digest.digest()),
            failure));
  }

  private void count(byte[] copied, int offset, int length) {
    digest.update(copied, offset, length);
    bytes += length;
  }
}
