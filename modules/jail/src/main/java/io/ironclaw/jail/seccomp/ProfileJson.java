package io.ironclaw.jail.seccomp;

import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;

/**
 * How people write profiles. A policy is
 *
 * <pre>{"about": "...", "otherwise": "kill_process", "rules": [
 *   {"action": "allow", "syscalls": ["read", "write"]},
 *   {"action": "allow", "syscalls": ["socket"], "if": [{"arg": 0, "op": "eq", "value": 1}]},
 *   {"action": {"errno": 38}, "syscalls": ["clone3"], "optional": true}]}</pre>
 *
 * <p>and a profile is a policy, or {@code {"threads": {NAME: policy, ...}}}. Actions are allow,
 * log, trap, kill_thread, kill_process and errno; op is eq, ne, lt, le, gt or ge; with {@code
 * "mask"}, eq looks at these bits only. Numbers may be written as text, "0x1f". What is not known
 * is an error.
 */
public final class ProfileJson {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final int MOST_CHARACTERS = 256 << 10;
  private static final int MOST_ITEMS = 2_000;

  private ProfileJson() {}

  /**
   * Reads one.
   *
   * @throws IOException if it is none; says where and what is wrong
   */
  public static Profile read(String text) throws IOException {
    if (text.length() > MOST_CHARACTERS) {
      throw new IOException("a seccomp profile of over " + MOST_CHARACTERS + " characters");
    }
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      expect(json, json.nextToken(), JsonToken.START_OBJECT, "an object");
      var profile = profile(json);
      if (json.nextToken() != null) {
        throw wrong(json, "something after the profile's end");
      }
      return profile;
    } catch (JacksonException e) {
      throw new IOException("a seccomp profile that is no JSON: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException("a seccomp profile: " + e.getMessage(), e);
    }
  }

  private static Profile profile(JsonParser json) throws IOException {
    var policy = new PolicyParts();
    var threads = new TreeMap<String, Policy>();
    while (hasProperty(json)) {
      if (json.currentName().equals("threads")) {
        threads(json, threads);
      } else {
        policy.take(json);
      }
    }
    if (threads.isEmpty()) {
      return new Profile.Whole(policy.made(json));
    }
    if (policy.begun()) {
      throw wrong(json, "a profile is either a policy or has threads");
    }
    return new Profile.PerThread(threads);
  }

  private static void threads(JsonParser json, Map<String, Policy> threads) throws IOException {
    expect(json, json.nextToken(), JsonToken.START_OBJECT, "an object of policies");
    while (hasProperty(json)) {
      String name = json.currentName();
      expect(json, json.nextToken(), JsonToken.START_OBJECT, "a policy");
      var parts = new PolicyParts();
      while (hasProperty(json)) {
        parts.take(json);
      }
      threads.put(name, parts.made(json));
    }
  }

  /** What was read of a policy. */
  private static final class PolicyParts {
    private String about = "";
    private final List<Action> otherwise = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();

    void take(JsonParser json) throws IOException {
      switch (json.currentName()) {
        case "about" -> about = text(json);
        case "otherwise" -> {
          json.nextToken();
          otherwise.add(action(json));
        }
        case "rules" -> {
          expect(json, json.nextToken(), JsonToken.START_ARRAY, "a list of rules");
          while (json.nextToken() != JsonToken.END_ARRAY) {
            rules.add(rule(json));
            bound(json, rules);
          }
        }
        default -> throw wrong(json, "nothing is called " + json.currentName());
      }
    }

    boolean begun() {
      return !about.isEmpty() || !otherwise.isEmpty() || !rules.isEmpty();
    }

    Policy made(JsonParser json) throws IOException {
      if (otherwise.isEmpty()) {
        throw wrong(json, "a policy says what happens \"otherwise\"");
      }
      return new Policy(about, otherwise.getFirst(), rules);
    }
  }

  private static Rule rule(JsonParser json) throws IOException {
    expect(json, json.currentToken(), JsonToken.START_OBJECT, "a rule");
    var action = new ArrayList<Action>();
    var calls = new ArrayList<String>();
    var conditions = new ArrayList<Condition>();
    boolean optional = false;
    while (hasProperty(json)) {
      switch (json.currentName()) {
        case "action" -> {
          json.nextToken();
          action.add(action(json));
        }
        case "syscalls" -> {
          expect(json, json.nextToken(), JsonToken.START_ARRAY, "a list of names");
          while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(json, json.currentToken(), JsonToken.VALUE_STRING, "a name");
            calls.add(json.getString());
            bound(json, calls);
          }
        }
        case "if" -> {
          expect(json, json.nextToken(), JsonToken.START_ARRAY, "a list of conditions");
          while (json.nextToken() != JsonToken.END_ARRAY) {
            conditions.add(condition(json));
            bound(json, conditions);
          }
        }
        case "optional" -> optional = flag(json);
        case "comment" -> text(json);
        default -> throw wrong(json, "nothing in a rule is called " + json.currentName());
      }
    }
    if (action.isEmpty() || calls.isEmpty()) {
      throw wrong(json, "a rule has an \"action\" and \"syscalls\"");
    }
    return new Rule(action.getFirst(), calls, conditions, optional);
  }

  /** Whether another property begins; false at the object's end. */
  private static boolean hasProperty(JsonParser json) throws IOException {
    var token = json.nextToken();
    if (token == JsonToken.END_OBJECT) {
      return false;
    }
    expect(json, token, JsonToken.PROPERTY_NAME, "a property");
    return true;
  }

  private static boolean flag(JsonParser json) throws IOException {
    boolean yes = json.nextToken() == JsonToken.VALUE_TRUE;
    if (!yes) {
      expect(json, json.currentToken(), JsonToken.VALUE_FALSE, "true or false");
    }
    return yes;
  }

  private static Action action(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.START_OBJECT) {
      boolean errno =
          json.nextToken() == JsonToken.PROPERTY_NAME && json.currentName().equals("errno");
      if (!errno) {
        throw wrong(json, "an action that is an object is {\"errno\": NUMBER}");
      }
      json.nextToken();
      long number = number(json);
      expect(json, json.nextToken(), JsonToken.END_OBJECT, "one number");
      return new Action.Fail(Math.clamp(number, 0, Integer.MAX_VALUE));
    }
    expect(json, json.currentToken(), JsonToken.VALUE_STRING, "an action");
    for (var simple : Action.Simple.values()) {
      if (simple.name().toLowerCase(Locale.ROOT).equals(json.getString())) {
        return simple;
      }
    }
    throw wrong(json, "no action is called " + json.getString());
  }

  private static Condition condition(JsonParser json) throws IOException {
    expect(json, json.currentToken(), JsonToken.START_OBJECT, "a condition");
    long argument = -1;
    var comparison = new ArrayList<Condition.Comparison>();
    var mask = OptionalLong.empty();
    var value = OptionalLong.empty();
    while (hasProperty(json)) {
      String name = json.currentName();
      json.nextToken();
      switch (name) {
        case "arg" -> argument = number(json);
        case "op" -> comparison.add(comparison(json));
        case "mask" -> mask = OptionalLong.of(number(json));
        case "value" -> value = OptionalLong.of(number(json));
        default -> throw wrong(json, "nothing in a condition is called " + name);
      }
    }
    if (comparison.isEmpty() || value.isEmpty()) {
      throw wrong(json, "a condition has an \"arg\", an \"op\" and a \"value\"");
    }
    return new Condition(
        Math.clamp(argument, -1, 99), comparison.getFirst(), mask, value.getAsLong());
  }

  private static Condition.Comparison comparison(JsonParser json) throws IOException {
    expect(json, json.currentToken(), JsonToken.VALUE_STRING, "a comparison");
    for (var each : Condition.Comparison.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(json.getString())) {
        return each;
      }
    }
    throw wrong(json, "no comparison is called " + json.getString());
  }

  /** All 64 bits, as a number or as text. */
  private static long number(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
        || json.currentToken() == JsonToken.VALUE_STRING) {
      String text = json.getString();
      try {
        return text.startsWith("0x")
            ? Long.parseUnsignedLong(text.substring(2), 16)
            : Long.parseUnsignedLong(text);
      } catch (NumberFormatException e) {
        throw new IOException("a seccomp profile: " + text + " is no number of 64 bits", e);
      }
    }
    throw wrong(json, "a number is expected");
  }

  private static String text(JsonParser json) throws IOException {
    expect(json, json.nextToken(), JsonToken.VALUE_STRING, "text");
    return json.getString();
  }

  private static void bound(JsonParser json, List<?> items) throws IOException {
    if (items.size() > MOST_ITEMS) {
      throw wrong(json, "a list of over " + MOST_ITEMS);
    }
  }

  private static void expect(
      JsonParser json,
      @org.jspecify.annotations.Nullable JsonToken found,
      JsonToken expected,
      String what)
      throws IOException {
    if (found != expected) {
      throw wrong(json, what + " is expected");
    }
  }

  private static IOException wrong(JsonParser json, String what) {
    var at = json.currentTokenLocation();
    return new IOException(
        "a seccomp profile, line " + at.getLineNr() + ", column " + at.getColumnNr() + ": " + what);
  }

  /** Writes one as it can be read. */
  public static String write(Profile profile) {
    var text = new StringWriter();
    var context = new Pretty();
    try (var json = JSON.createGenerator(context, text)) {
      switch (profile) {
        case Profile.Whole(Policy policy) -> write(json, policy);
        case Profile.PerThread(var policies) -> {
          json.writeStartObject();
          json.writeObjectPropertyStart("threads");
          new TreeMap<>(policies)
              .forEach((name, policy) -> {
                json.writeName(name);
                write(json, policy);
              });
          json.writeEndObject();
          json.writeEndObject();
        }
      }
    }
    return text.append('\n').toString();
  }

  private static final class Pretty extends ObjectWriteContext.Base {
    @Override
    public tools.jackson.core.PrettyPrinter getPrettyPrinter() {
      return new DefaultPrettyPrinter();
    }
  }

  private static void write(JsonGenerator json, Policy policy) {
    json.writeStartObject();
    json.writeStringProperty("about", policy.about());
    json.writeName("otherwise");
    write(json, policy.otherwise());
    json.writeArrayPropertyStart("rules");
    for (var rule : policy.rules()) {
      json.writeStartObject();
      json.writeName("action");
      write(json, rule.action());
      json.writeArrayPropertyStart("syscalls");
      rule.calls().forEach(json::writeString);
      json.writeEndArray();
      if (!rule.conditions().isEmpty()) {
        json.writeArrayPropertyStart("if");
        rule.conditions().forEach(condition -> write(json, condition));
        json.writeEndArray();
      }
      if (rule.optional()) {
        json.writeBooleanProperty("optional", true);
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Action action) {
    switch (action) {
      case Action.Simple simple -> json.writeString(simple.name().toLowerCase(Locale.ROOT));
      case Action.Fail(int number) -> {
        json.writeStartObject();
        json.writeNumberProperty("errno", number);
        json.writeEndObject();
      }
      case Action.Counted _ ->
          throw new IllegalArgumentException("what counts is made of a policy, not written as one");
    }
  }

  private static void write(JsonGenerator json, Condition condition) {
    json.writeStartObject();
    json.writeNumberProperty("arg", condition.argument());
    json.writeStringProperty("op", condition.comparison().name().toLowerCase(Locale.ROOT));
    if (condition.mask().isPresent()) {
      json.writeStringProperty("mask", "0x" + Long.toHexString(condition.mask().getAsLong()));
    }
    json.writeStringProperty("value", "0x" + Long.toHexString(condition.value()));
    json.writeEndObject();
  }
}
