package io.ironclaw.cli;

import io.ironclaw.api.EgressLimits;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.NetworkSet;
import io.ironclaw.api.Printable;
import io.ironclaw.api.PublishedPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What the options of a network device are read with, for picocli. */
final class NetworkOptions {
  private NetworkOptions() {}

  /**
   * The rules of {@code --allow}, some of which may stand for a set.
   *
   * @throws IllegalArgumentException if one is none, or there is no such set
   */
  static NetworkSet allowed(List<String> texts, Map<String, NetworkSet> sets) {
    var allow = new ArrayList<EgressRule>();
    var deny = new ArrayList<EgressRule>();
    for (var text : texts) {
      if (text.startsWith("@")) {
        var set = set(text.substring(1), sets);
        allow.addAll(set.allow());
        deny.addAll(set.deny());
      } else {
        allow.add(EgressRule.allowing(text));
      }
    }
    return new NetworkSet(allow, deny);
  }

  private static NetworkSet set(String name, Map<String, NetworkSet> sets) {
    return Optional.ofNullable(sets.get(name))
        .orElseThrow(() ->
            new IllegalArgumentException(
                "there is no set of rules \""
                    + Printable.line(name)
                    + "\" in ironclaw.toml, "
                    + (sets.isEmpty()
                        ? "and no other"
                        : "there is " + String.join(", ", new TreeSet<>(sets.keySet())))
                    + "; write [network.NAME] with allow = [\"RULE\", ...]"));
  }

  /** Of {@code --publish}. */
  static final class Publishing implements ITypeConverter<PublishedPort> {
    @Override
    public PublishedPort convert(String text) {
      return told(PublishedPort::parse, text);
    }
  }

  /** Of {@code --network-limit}. */
  static final class Limiting implements ITypeConverter<EgressLimits> {
    @Override
    public EgressLimits convert(String text) {
      return told(EgressLimits::parse, text);
    }
  }

  private static <T> T told(Function<String, T> read, String text) {
    try {
      return read.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
