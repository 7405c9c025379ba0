package io.ironclaw.mcp;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** JSON-RPC 2.0 as the Model Context Protocol has it: ids are strings or whole numbers. */
final class JsonRpc {
  static final int PARSE_ERROR = -32_700;
  static final int INVALID_REQUEST = -32_600;
  static final int METHOD_NOT_FOUND = -32_601;
  static final int INVALID_PARAMS = -32_602;

  private JsonRpc() {}

  /** What a request is refused with. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int code;

    RefusedException(int code, String message) {
      super(message);
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  /** A value as an id, if it can be one. */
  static Optional<Object> id(Object value) {
    return value instanceof String || value instanceof Long || value instanceof BigInteger
        ? Optional.of(value)
        : Optional.empty();
  }

  static Map<String, Object> result(Object id, Object result) {
    var message = message();
    message.put("id", id);
    message.put("result", result);
    return message;
  }

  /** An error; without an id where none could be read. */
  static Map<String, Object> error(Optional<Object> id, int code, String why) {
    var message = message();
    id.ifPresent(known -> message.put("id", known));
    var error = new LinkedHashMap<String, Object>();
    error.put("code", code);
    error.put("message", why);
    message.put("error", error);
    return message;
  }

  static Map<String, Object> notification(String method, Map<String, Object> params) {
    var message = message();
    message.put("method", method);
    message.put("params", params);
    return message;
  }

  private static Map<String, Object> message() {
    var message = new LinkedHashMap<String, Object>();
    message.put("jsonrpc", "2.0");
    return message;
  }
}
