package io.ironclaw.api;

import java.util.Optional;

/**
 * One entry of a folder, as the (untrusted) guest names it: the name can hold any character but NUL
 * and {@code /}.
 *
 * @param kind the letter of {@code ls -l}: {@code -dlcbps}
 */
public record FileEntry(
    char kind, int mode, long size, long modifiedNanos, String name, Optional<String> linkTarget) {}
