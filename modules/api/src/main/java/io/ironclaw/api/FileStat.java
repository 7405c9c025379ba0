package io.ironclaw.api;

/** A file as the guest describes it. */
public record FileStat(long size, int mode, long modifiedNanos) {}
