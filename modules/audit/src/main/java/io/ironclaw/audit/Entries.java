package io.ironclaw.audit;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditKind;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.Event;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.NetworkReport;
import io.ironclaw.api.PublishedPort;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What of an event is entered: none, one, or several entries. */
final class Entries {
  private Entries() {}

  static List<AuditEntry> of(Event event, Instant at) {
    return switch (event) {
      case Event.ProcessBegan e -> List.of(of(e).entry(AuditKind.PROCESS_BEGAN, at));
      case Event.ClientNamed(var name, var version) ->
          one(new Data().text("name", name).text("version", version), AuditKind.CLIENT, at);
      case Event.SandboxOpened e -> List.of(of(e).entry(AuditKind.VM_OPENED, at));
      case Event.Proven e -> List.of(of(e).entry(AuditKind.VM_PROVEN, at));
      case Event.VmRefused e -> List.of(of(e).entry(AuditKind.VM_REFUSED, at));
      case Event.VmDied(var id, var why) ->
          one(Data.of(id).text("what", why), AuditKind.VM_DIED, at);
      case Event.SandboxClosed(var id) -> one(Data.of(id), AuditKind.VM_CLOSED, at);
      case Event.IsolationLost(var id, var item, var evidence) ->
          one(
              Data.of(id)
                  .text("item", item.text())
                  .text("what", "not proven any more: " + evidence)
                  .text("fix", item.fix()),
              AuditKind.ISOLATION_LOST,
              at);
      case Event.ExecBegan e -> List.of(of(e).entry(AuditKind.EXEC_BEGAN, at));
      case Event.ExecEnded e -> List.of(of(e).entry(AuditKind.EXEC_ENDED, at));
      case Event.FileCopied e ->
          List.of(of(e).entry(e.into() ? AuditKind.FILE_IN : AuditKind.FILE_OUT, at));
      case Event.NetworkOpened e -> List.of(of(e).entry(AuditKind.NETWORK_OPENED, at));
      case Event.NetworkDenied(var id, var denial) ->
          one(
              Data.of(id)
                  .text("what", "denied: " + denial.what())
                  .text("rule", denial.rule())
                  .text("fix", denial.rule().map(rule -> "--allow " + rule)),
              AuditKind.NETWORK_DENIED,
              at);
      case Event.NetworkUsed(var id, var report) ->
          one(used(Data.of(id), report), AuditKind.NETWORK_USED, at);
      case Event.CommandRefused e -> refused(e, at);
      case Event.HypervisorViolation e -> List.of(of(e).entry(AuditKind.HYPERVISOR_SECCOMP, at));
      case Event.LimitHit(var id, var limit, var what, var fix) ->
          one(
              Data.of(id).text("limit", limit).text("what", what).text("fix", fix),
              AuditKind.LIMIT,
              at);
      case Event.Refused(var id, var why) ->
          one(
              new Data().text("vm", id.map(Object::toString)).text("what", why),
              AuditKind.REFUSED,
              at);
      case Event.Asked(var id, var what, var user) ->
          one(Data.of(id).text("for", what).text("user", user), AuditKind.ASKED, at);
      case Event.OwnersCleared(int vms) ->
          one(new Data().number("vms", vms), AuditKind.CLEARED, at);
      case Event.ToolEnded(var tool, var vm, var took, var failure) ->
          one(
              Data.of(vm).text("tool", tool).millis("ms", took).text("failure", failure),
              AuditKind.TOOL,
              at);
      case Event.TemplateBroken e -> one(words(e), AuditKind.TEMPLATE_BROKEN, at);
      case Event.TemplatePutAside e -> one(words(e), AuditKind.TEMPLATE_BROKEN, at);
      case Event.BootingCold e -> one(words(e), AuditKind.COLD_BOOT, at);
      case Event.LeftBehind e -> one(words(e), AuditKind.LEFT_BEHIND, at);
      case Event.AuditFailing e -> one(words(e), AuditKind.AUDIT_FAILING, at);
      // Steps of work, for whoever waits: nothing was decided.
      case Event.Preparing _,
          Event.Waiting _,
          Event.Retrying _,
          Event.TemplateBuilding _,
          Event.TemplateReady _,
          Event.ToolCalled _ ->
          List.of();
    };
  }

  private static List<AuditEntry> one(Data data, AuditKind kind, Instant at) {
    return List.of(data.entry(kind, at));
  }

  private static Data words(Event event) {
    return new Data().text("what", event.text());
  }

  private static Data of(Event.ProcessBegan e) {
    return new Data().text("how", e.how()).number("uid", e.uid()).text("parent", e.parent());
  }

  private static Data of(Event.SandboxOpened e) {
    var spawn = e.spawn();
    return Data.of(spawn.id())
        .text("how", spawn.how().text())
        .text("hypervisor", spawn.hypervisor())
        .text("acceleration", spawn.acceleration().toString())
        .text("downgrade", spawn.downgrade())
        .text("jail", spawn.jail().name().toLowerCase(java.util.Locale.ROOT))
        .text("seccomp", spawn.seccomp().text())
        .millis("ms", spawn.total());
  }

  private static Data of(Event.Proven e) {
    return Data.of(e.id())
        .text("occasion", e.occasion().text())
        .text("proof_sha256", e.sha256())
        .number("proven", e.proven())
        .number("absent", e.absent());
  }

  private static Data of(Event.VmRefused e) {
    return Data.of(e.id())
        .text("item", e.item().map(Object::toString))
        .text("what", e.why())
        .text("fix", e.item().map(item -> item.fix()));
  }

  private static Data of(Event.ExecBegan e) {
    return Data.of(e.id())
        .number("exec", e.number())
        .list("argv", e.argv())
        .text("cwd", e.cwd())
        .number("uid", e.uid())
        .sorted("env", e.env())
        .sorted("secret", e.secret())
        .flag("terminal", e.terminal())
        .text("seccomp", e.seccomp().text());
  }

  private static Data of(Event.ExecEnded e) {
    var data = Data.of(e.id()).number("exec", e.number());
    if (e.outcome().isPresent()) {
      var outcome = e.outcome().get();
      switch (outcome) {
        case ExecOutcome.Exited exited -> data.number("status", exited.status());
        case ExecOutcome.Signalled signalled -> data.number("signal", signalled.signal());
        case ExecOutcome.TimedOut _ -> data.flag("timed_out", true);
      }
      var usage = outcome.usage();
      data.flag("out_of_memory", usage.outOfMemory())
          .millis("cpu_ms", usage.cpu())
          .number("peak_kib", usage.peakRssKib());
    }
    return data.text("failure", e.failure())
        .number("in", e.in())
        .number("out", e.out())
        .number("err", e.err())
        .millis("ms", e.took());
  }

  private static Data of(Event.FileCopied e) {
    return Data.of(e.id())
        .text("path", e.path())
        .number("bytes", e.bytes())
        .text("sha256", e.sha256())
        .text("failure", e.failure());
  }

  private static Data of(Event.NetworkOpened e) {
    return Data.of(e.id())
        .list("allow", e.network().allow().stream().map(EgressRule::toString).toList())
        .list("deny", e.network().deny().stream().map(EgressRule::toString).toList())
        .list("publish", e.network().publish().stream().map(PublishedPort::toString).toList());
  }

  private static Data used(Data data, NetworkReport report) {
    var rules = new ArrayList<String>();
    report.rules().forEach(rule -> rules.add(rule.text() + ": " + rule.packets()));
    var packets = new ArrayList<String>();
    report.counters().forEach((name, count) -> packets.add(name + ": " + count));
    var denied = new ArrayList<String>();
    report.denials().forEach(denial -> denied.add(denial.what() + ": " + denial.times()));
    return data.list("rules", rules).list("packets", packets).list("denied", denied);
  }

  private static Data of(Event.HypervisorViolation e) {
    return Data.of(e.id())
        .text("call", e.call())
        .text("thread", e.thread())
        .text("action", e.action())
        .text("what", e.text());
  }

  private static List<AuditEntry> refused(Event.CommandRefused e, Instant at) {
    var entries = new ArrayList<AuditEntry>();
    for (var one : e.refused()) {
      if (one.times() > 0) {
        entries.add(
            Data.of(e.id())
                .text("call", one.call())
                .text("what", "a command's filter has refused " + one.call())
                .text("fix", "--guest-seccomp off, if it must be")
                .flag("at_least", e.more())
                .entry(AuditKind.GUEST_SECCOMP, at, one.times()));
      }
    }
    return entries;
  }
}
