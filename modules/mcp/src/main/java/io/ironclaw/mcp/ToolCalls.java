package io.ironclaw.mcp;

import io.ironclaw.api.AuditTrail;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Jail;
import io.ironclaw.api.Printable;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.VmDiedException;
import io.ironclaw.tool.Progress;
import io.ironclaw.tool.Session;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes calls of the session's tools of requests, and results of what they answer, for models to
 * read.
 */
final class ToolCalls {
  private static final String FRESH = "a fresh VM: the one before died, and its files are gone";
  private static final String UNJAILED =
      "no jail is around this VM's hypervisor, as was asked for: one that its guest takes over has"
          + " the rights of the user who started it";
  private static final String UNFILTERED =
      "the seccomp filter of this VM's hypervisor only notes, as was asked for";
  private static final int MOST_ERROR = 8_000;

  private final Map<String, McpTool> tools;
  private final Session session;

  ToolCalls(Session session, GuestSeccomp seccomp, AuditTrail trail) {
    this.session = session;
    this.tools =
        List.of(
                new ExecTool(seccomp),
                new FileTools.Read(),
                new FileTools.Write(),
                new FileTools.ListFiles(),
                new ProofTool(),
                new WhyTool(trail))
            .stream()
            .collect(Collectors.toMap(McpTool::name, Function.identity()));
  }

  /** The params of a {@code tools/call}. */
  record Request(String name, Map<String, Object> arguments, Optional<Object> progressToken) {
    static Request of(Map<?, ?> params) throws JsonRpc.RefusedException {
      if (!(params.get("name") instanceof String name)) {
        throw new JsonRpc.RefusedException(
            JsonRpc.INVALID_PARAMS, "tools/call without the name of a tool");
      }
      var arguments = new LinkedHashMap<String, Object>();
      var given =
          Optional.ofNullable(params.get("arguments")).filter(a -> !a.equals(JsonText.NULL));
      if (given.isPresent()) {
        if (!(given.get() instanceof Map<?, ?> map)) {
          throw new JsonRpc.RefusedException(JsonRpc.INVALID_PARAMS, "arguments is no object");
        }
        map.forEach((key, value) -> arguments.put(String.valueOf(key), value));
      }
      var token =
          params.get("_meta") instanceof Map<?, ?> meta
              ? Optional.<Object>ofNullable(meta.get("progressToken")).flatMap(JsonRpc::id)
              : Optional.empty();
      return new Request(name, arguments, token);
    }
  }

  /** The tool of a name. */
  McpTool find(String name) throws JsonRpc.RefusedException {
    return Optional.ofNullable(tools.get(name))
        .orElseThrow(() ->
            new JsonRpc.RefusedException(
                JsonRpc.INVALID_PARAMS,
                "unknown tool: "
                    + Printable.line(name)
                    + "; there are "
                    + String.join(", ", ToolList.NAMES)));
  }

  /** Calls a tool; whatever goes wrong in it is a result, too, so that a model can mend it. */
  Map<String, Object> call(McpTool tool, Request request, Progress progress)
      throws InterruptedException {
    try {
      return switch (tool.prepare(new Arguments(request.arguments()), progress)) {
        case McpTool.Prepared.InVm<?> call -> call(call, progress);
        case McpTool.Prepared.AtOnce(var answer) -> result(answer.text(), answer.data());
      };
    } catch (VmDiedException e) {
      return failure(
          e.getMessage() + "\nThe next call gets a fresh VM; all files of this one are gone.");
    } catch (Arguments.InvalidArgumentException | IronClawException | IOException e) {
      return failure(String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      // The sandbox's bounds on what a caller asks for.
      return failure(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // A defect of ours; the client must not wait for ever for the answer.
      return failure("IronClaw failed: " + e + "; please report it");
    }
  }

  private <R> Map<String, Object> call(McpTool.Prepared.InVm<R> prepared, Progress progress)
      throws IronClawException, IOException, InterruptedException {
    try {
      var done = session.call(prepared.call(), progress);
      return success(prepared.telling().answer(done.result(), done.sandbox()), done);
    } catch (GuestRefusedException e) {
      return failure(prepared.telling().refusal(e));
    }
  }

  private static Map<String, Object> success(McpTool.Answer answer, Session.Done<?> done) {
    var data = new LinkedHashMap<>(answer.data());
    String text = answer.text();
    switch (done.age()) {
      case REPLACEMENT -> {
        Notice.add(data, List.of(FRESH));
        text = "[" + FRESH + "]\n" + text;
      }
      case NEW -> {
        var why = done.sandbox().spawn().downgrade();
        if (why.isPresent()) {
          String notice = "this VM is emulated, no hardware boundary: " + why.get();
          Notice.add(data, List.of(notice));
          text += "\n[" + notice + "]";
        }
      }
      case USED -> {
        // The model knows it.
      }
    }
    var spawn = done.sandbox().spawn();
    if (spawn.jail() == Jail.NONE || spawn.seccomp() == Seccomp.LEARNING) {
      String notice = spawn.jail() == Jail.NONE ? UNJAILED : UNFILTERED;
      Notice.add(data, List.of(notice));
      text += "\n[" + notice + "]";
    }
    return result(text, data);
  }

  private static Map<String, Object> result(String text, Map<String, Object> data) {
    var result = new LinkedHashMap<String, Object>();
    result.put("content", content(text));
    result.put("structuredContent", data);
    result.put("isError", false);
    return result;
  }

  private static Map<String, Object> failure(String message) {
    String shown =
        message.length() > MOST_ERROR ? message.substring(0, MOST_ERROR) + "..." : message;
    var lines = shown.lines().map(Printable::of).toList();
    var result = new LinkedHashMap<String, Object>();
    result.put("content", content(String.join("\n", lines)));
    result.put("isError", true);
    return result;
  }

  private static List<Object> content(String text) {
    var item = new LinkedHashMap<String, Object>();
    item.put("type", "text");
    item.put("text", text);
    return List.of(item);
  }
}
