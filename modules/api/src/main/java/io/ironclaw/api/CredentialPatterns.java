package io.ironclaw.api;

import static java.util.regex.Pattern.CASE_INSENSITIVE;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What looks like a credential in a command line; docs/audit.md lists it for users. Each pattern
 * takes linear time: its repetitions are possessive, or bounded. Wrong in the safe direction: what
 * is masked need not be a secret.
 */
final class CredentialPatterns {
  /** A name that says that its value is one. */
  private static final String NAME =
      "[\\w.-]{0,64}?(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key"
          + "|private[_-]?key|credentials?)[\\w.-]{0,64}+";

  /** A value up to where it ends in a shell's or a query's text. */
  private static final String VALUE = "(?:\"[^\"]*+\"?|'[^']*+'?|[^\\s\"'&;|)]++)";

  /** Text without any of these has nothing to mask: most text, and no pattern is loaded for it. */
  private static final List<String> HINTS =
      List.of(
          "pass",
          "secret",
          "token",
          "key",
          "credential",
          "auth",
          "cookie",
          "://",
          "akia",
          "asia",
          "gh",
          "glpat",
          "xox",
          "sk-",
          "aiza",
          "eyj",
          "npm_",
          "pypi-",
          "hf_",
          "--user",
          "-u");

  private record Rule(Pattern pattern, String replacement) {
    static Rule of(String pattern, String replacement) {
      return new Rule(Pattern.compile(pattern, CASE_INSENSITIVE), replacement);
    }

    /** Where letters count. */
    static Rule exactly(String pattern, String replacement) {
      return new Rule(Pattern.compile(pattern), replacement);
    }
  }

  /** Loaded when text first has a hint of one. */
  private static final class Loaded {
    static final List<Rule> RULES =
        List.of(
            // -----BEGIN ... PRIVATE KEY-----
            Rule.exactly(
                "-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]{0,40}-----|\\z)",
                Secrets.MASK),
            // Authorization: Bearer ..., Cookie: ..., X-Api-Key: ...
            Rule.of(
                "\\b((?:proxy-)?authorization|cookie|set-cookie|x-[a-z-]{0,40}(?:key|token|secret))"
                    + "(\\s*+[:=]\\s*+)[^\\r\\n\"']++",
                "$1$2" + Secrets.MASK),
            // https://user:password@host
            Rule.of("(://[^\\s/:@\"']{0,256}+):[^\\s/@\"']++@", "$1:" + Secrets.MASK + "@"),
            // --user name:password, -u name:password
            Rule.exactly(
                "(?<![\\w-])(--user[= ]|-u ?)([^\\s:\"']{1,256}+):[^\\s\"']++",
                "$1$2:" + Secrets.MASK),
            // NAME=value, --name=value, "name": "value"
            Rule.of(
                "(?<![\\w.-])(" + NAME + ")([\"']?\\s{0,4}+[=:]\\s{0,4}+)" + VALUE,
                "$1$2" + Secrets.MASK),
            // --name value
            Rule.of("(?<![\\w-])(--?" + NAME + ")(\\s++)(?!-)" + VALUE, "$1$2" + Secrets.MASK),
            // What services give out.
            Rule.exactly("\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b", Secrets.MASK),
            Rule.exactly("\\bgh[pousr]_[A-Za-z0-9]{20,255}+", Secrets.MASK),
            Rule.exactly("\\bgithub_pat_[A-Za-z0-9_]{20,255}+", Secrets.MASK),
            Rule.exactly("\\bglpat-[\\w-]{16,255}+", Secrets.MASK),
            Rule.exactly("\\bxox[abeoprs]-[\\w-]{10,255}+", Secrets.MASK),
            Rule.exactly("\\bsk-[\\w-]{16,255}+", Secrets.MASK),
            Rule.exactly("\\bAIza[\\w-]{30,64}+", Secrets.MASK),
            Rule.exactly("\\bnpm_[A-Za-z0-9]{30,64}+", Secrets.MASK),
            Rule.exactly("\\bpypi-[\\w-]{16,255}+", Secrets.MASK),
            Rule.exactly("\\bhf_[A-Za-z0-9]{20,64}+", Secrets.MASK),
            // A JSON Web Token (RFC 7519).
            Rule.exactly(
                "\\beyJ[\\w-]{8,4096}+\\.[\\w-]{4,8192}+\\.[\\w-]{0,2048}+", Secrets.MASK));

    static final Pattern TAKES_NEXT = Pattern.compile("--?" + NAME, CASE_INSENSITIVE);

    static final Pattern IS_NAME = Pattern.compile(NAME, CASE_INSENSITIVE);

    private Loaded() {}
  }

  private CredentialPatterns() {}

  static String mask(String text) {
    if (!hasHint(text)) {
      return text;
    }
    String masked = text;
    for (var rule : Loaded.RULES) {
      masked = rule.pattern().matcher(masked).replaceAll(rule.replacement());
    }
    return masked;
  }

  static List<String> mask(List<String> arguments) {
    var masked = new ArrayList<String>(arguments.size());
    boolean isValue = false;
    boolean isUser = false;
    for (var argument : arguments) {
      if (isValue && !argument.startsWith("-")) {
        masked.add(Secrets.MASK);
        isValue = false;
        isUser = false;
        continue;
      }
      int colon = argument.indexOf(':');
      masked.add(
          isUser && colon > 0 ? argument.substring(0, colon + 1) + Secrets.MASK : mask(argument));
      isUser = argument.equals("-u") || argument.equals("--user");
      isValue = hasHint(argument) && Loaded.TAKES_NEXT.matcher(argument).matches();
    }
    return List.copyOf(masked);
  }

  static boolean isName(String variable) {
    return hasHint(variable) && Loaded.IS_NAME.matcher(variable).matches();
  }

  private static boolean hasHint(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    for (var hint : HINTS) {
      if (lower.contains(hint)) {
        return true;
      }
    }
    return false;
  }
}
