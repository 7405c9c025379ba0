package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.image.Digest;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.Readings;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.Ingredient;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The files that a machine is made of are those that were hashed. */
final class IngredientsControl implements Control {
  private final Digest agent;

  /**
   * @param agent of the agent that belongs to this IronClaw
   */
  IngredientsControl(Digest agent) {
    this.agent = agent;
  }

  @Override
  public Set<ProofItem> items() {
    return EnumSet.of(
        ProofItem.KERNEL,
        ProofItem.INITRAMFS,
        ProofItem.AGENT,
        ProofItem.ROOT_IMAGE,
        ProofItem.TEMPLATE_MEMORY,
        ProofItem.TEMPLATE_STATE,
        ProofItem.HYPERVISOR_PROGRAM);
  }

  @Override
  public void read(Admission.Candidate candidate, Readings readings) {
    var image = candidate.request().image();
    readings.add(judge(Ingredient.of(ProofItem.KERNEL, image.kernelFile())));
    readings.add(judge(Ingredient.of(ProofItem.INITRAMFS, image.initramfsFile())));
    readings.add(
        Reading.of(
            ProofItem.AGENT,
            image.agentSha256().equals(agent),
            () -> "sha256 " + image.agentSha256() + " was packed, " + agent + " was built in"));
    readings.add(judge(Ingredient.of(ProofItem.ROOT_IMAGE, image.rootfsFile())));
    for (var ingredient : candidate.ingredients()) {
      readings.add(judge(ingredient));
    }
    for (var item : List.of(ProofItem.TEMPLATE_MEMORY, ProofItem.TEMPLATE_STATE)) {
      if (!readings.has(item)) {
        readings.add(Reading.absent(item, "it booted from its kernel, not from a template"));
      }
    }
  }

  private static Reading judge(Ingredient ingredient) {
    var fault = ingredient.fault();
    return fault.isPresent()
        ? Reading.failed(ingredient.item(), fault.get())
        : Reading.proven(ingredient.item(), ingredient::toString);
  }
}
