package io.ironclaw.cli;

import io.ironclaw.api.EgressLimits;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.PublishedPort;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What the options of a network device are read with, for picocli. */
final class NetworkOptions {
  private NetworkOptions() {}

  /** Of {@code --allow}. */
  static final class Allowing implements ITypeConverter<EgressRule> {
    @Override
    public EgressRule convert(String text) {
      return told(EgressRule::allowing, text);
    }
  }

  /** Of {@code --deny}. */
  static final class Denying implements ITypeConverter<EgressRule> {
    @Override
    public EgressRule convert(String text) {
      return told(EgressRule::denying, text);
    }
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
