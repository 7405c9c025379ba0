package io.ironclaw.audit;

import java.time.Instant;
import java.util.Map;

/**
 * An entry as it was read from a log: as hostile as whoever could write to that.
 *
 * @param kind also one that this version does not know
 * @param data strings, whole numbers, booleans, and lists of strings
 * @param pid of the process that wrote it
 * @param json the line
 */
public record LoggedEntry(
    long n,
    Instant at,
    String kind,
    long times,
    Map<String, Object> data,
    long pid,
    String sha256,
    String json) {}
