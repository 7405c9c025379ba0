package io.ironclaw.mcp;

import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/** Writes messages as lines, each in one write. Safe for many threads. */
final class MessageWriter {
  private final McpJsonMapper mapper;
  private final OutputStream out;
  private final ReentrantLock lock = new ReentrantLock();

  MessageWriter(McpJsonMapper mapper, OutputStream out) {
    this.mapper = mapper;
    this.out = out;
  }

  /** Writes one message; JSON has no raw line end in it. */
  void write(JSONRPCMessage message) throws IOException {
    byte[] json = mapper.writeValueAsBytes(message);
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    lock.lock();
    try {
      out.write(line);
      out.flush();
    } finally {
      lock.unlock();
    }
  }
}
