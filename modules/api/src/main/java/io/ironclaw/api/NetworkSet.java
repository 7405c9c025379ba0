package io.ironclaw.api;

import java.util.List;

/** Rules that are written once and used by their name. */
public record NetworkSet(List<EgressRule> allow, List<EgressRule> deny) {
  public NetworkSet {
    allow = List.copyOf(allow);
    deny = List.copyOf(deny);
  }
}
