package io.ironclaw.proof;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Printable;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmId;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the document of a proof. Nothing passes but the very bytes that would be written of what
 * they say: whatever was changed, by a tool that means well or by somebody who does not, is found.
 */
public final class ProofReader {
  /** The longest document, in bytes. */
  public static final int MOST_BYTES = 1 << 19;

  private static final int DEPTH = 4;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH)
                  .maxStringLength(1 << 16)
                  .maxNumberLength(20)
                  .build())
          .build();

  private ProofReader() {}

  /**
   * Reads a document.
   *
   * @throws HostException with what is wrong with it
   */
  public static IsolationProof read(byte[] bytes) throws HostException {
    if (bytes.length > MOST_BYTES) {
      throw wrong("it has more than " + MOST_BYTES + " bytes");
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw wrong("it is no UTF-8");
    }
    var proof = parsed(text);
    if (!proof.json().equals(text)) {
      throw wrong("it was changed, or another version of IronClaw has written it");
    }
    return proof;
  }

  private static IsolationProof parsed(String text) throws HostException {
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      require(json.nextToken() == JsonToken.START_OBJECT, "it is no object");
      var items = new ArrayList<IsolationProof.Item>();
      var values = object(json, Optional.of(items));
      require(json.nextToken() == null, "something follows it");
      require(
          IsolationProof.FORMAT.equals(values.get("format")), "it is not " + IsolationProof.FORMAT);
      return new IsolationProof(
          new VmId(value(values, "vm")),
          Instant.parse(value(values, "at")),
          named(
              IsolationProof.Occasion.values(),
              IsolationProof.Occasion::text,
              value(values, "occasion")),
          value(values, "hypervisor"),
          named(SpawnReport.How.values(), SpawnReport.How::text, value(values, "how")),
          number(values, "pid"),
          micros(values),
          items);
    } catch (JacksonException e) {
      throw wrong("it is no JSON: " + Printable.line(e.getOriginalMessage()));
    } catch (DateTimeException | IllegalArgumentException e) {
      throw wrong(Printable.line(String.valueOf(e.getMessage())));
    }
  }

  /** Texts and numbers of an object, as texts; objects of one array of it are items. */
  private static Map<String, String> object(
      JsonParser json, Optional<List<IsolationProof.Item>> items) throws HostException {
    var values = new HashMap<String, String>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      var token = json.nextToken();
      if (token == JsonToken.START_ARRAY && items.isPresent() && name.equals("items")) {
        while (json.nextToken() == JsonToken.START_OBJECT) {
          items.get().add(item(object(json, Optional.empty())));
        }
        require(json.currentToken() == JsonToken.END_ARRAY, "an item is no object");
      } else {
        require(
            token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_NUMBER_INT,
            "a property is neither text nor number");
        values.put(name, json.getString());
      }
    }
    return values;
  }

  private static IsolationProof.Item item(Map<String, String> values) throws HostException {
    String what = value(values, "item");
    return new IsolationProof.Item(
        ProofItem.of(what).orElseThrow(() -> wrong("there is no item " + Printable.line(what))),
        named(Verdict.values(), Verdict::text, value(values, "verdict")),
        value(values, "evidence"),
        Instant.parse(value(values, "at")),
        micros(values));
  }

  private static <E> E named(E[] all, Function<E, String> text, String wanted)
      throws HostException {
    return Arrays.stream(all)
        .filter(one -> text.apply(one).equals(wanted))
        .findFirst()
        .orElseThrow(() -> wrong(Printable.line(wanted) + " is not known"));
  }

  private static Duration micros(Map<String, String> values) throws HostException {
    return Duration.of(number(values, "took_us"), java.time.temporal.ChronoUnit.MICROS);
  }

  private static long number(Map<String, String> values, String name) throws HostException {
    try {
      long number = Long.parseLong(value(values, name));
      require(number >= 0 && number < 1L << 53, name + " is out of bounds");
      return number;
    } catch (NumberFormatException _) {
      throw wrong(name + " is no number");
    }
  }

  private static String value(Map<String, String> values, String name) throws HostException {
    var value = Optional.ofNullable(values.get(name));
    return value.orElseThrow(() -> wrong("it has no " + name));
  }

  private static void require(boolean holds, String fault) throws HostException {
    if (!holds) {
      throw wrong(fault);
    }
  }

  private static HostException wrong(String fault) {
    return new HostException("no isolation proof: " + fault);
  }
}
