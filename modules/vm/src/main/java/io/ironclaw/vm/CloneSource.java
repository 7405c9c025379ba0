package io.ironclaw.vm;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Machines that are cloned from templates, which are built where they are missing. */
public final class CloneSource implements MachineSource {
  private static final int TRIES = 2;

  private final Hypervisor hypervisor;
  private final TemplateStore templates;
  private final Readying readying;
  private final EventSink events;
  private final BooleanSupplier closed;

  /**
   * @param closed whether nobody wants machines any more; a start that fails then says nothing of
   *     its template
   */
  public CloneSource(
      Hypervisor hypervisor,
      TemplateStore templates,
      Readying readying,
      EventSink events,
      BooleanSupplier closed) {
    this.hypervisor = hypervisor;
    this.templates = templates;
    this.readying = readying;
    this.events = events;
    this.closed = closed;
  }

  @Override
  public SpawnReport.How how() {
    return SpawnReport.How.CLONE;
  }

  @Override
  public Optional<Ready> open(MachineRequest request, PhaseClock clock)
      throws VmException, HostException {
    for (int attempt = 1; ; attempt++) {
      var template = template(request);
      clock.end("template");
      if (template.isEmpty()) {
        return Optional.empty();
      }
      try {
        var machine = hypervisor.restore(request.plan(), template.get(), clock);
        var ingredients = new ArrayList<>(template.get().ingredients());
        ingredients.add(hypervisor.program());
        return Optional.of(readying.ready(request, machine, ingredients, clock));
      } catch (VmStartException | HostException e) {
        if (isGivenUp() || e instanceof ProofException p && p.isOfHost()) {
          throw e;
        }
        if (!templates.isThere(template.get())) {
          // Another process removed it, as one of too many, after we looked.
          if (attempt == TRIES) {
            throw e;
          }
          events.publish(new Event.Retrying("the template was removed meanwhile, trying again"));
        } else if (e instanceof HostException) {
          // It refused the process: the template is not to blame.
          throw e;
        } else if (attempt == TRIES) {
          events.publish(new Event.TemplatePutAside(template.get().key(), e.getMessage()));
          templates.putAside(template.get());
          return Optional.empty();
        }
      }
    }
  }

  private Optional<Template> template(MachineRequest request) throws VmStartException {
    try {
      return Optional.of(templates.obtain(request.plan()));
    } catch (VmException | HostException e) {
      if (isGivenUp()) {
        throw new VmStartException(
            "VM " + request.spec().id() + " was given up while it was started", e);
      }
      events.publish(new Event.BootingCold(e.getMessage()));
      return Optional.empty();
    }
  }

  private boolean isGivenUp() {
    return closed.getAsBoolean() || Thread.currentThread().isInterrupted();
  }
}
