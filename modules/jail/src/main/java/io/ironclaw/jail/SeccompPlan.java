package io.ironclaw.jail;

import io.ironclaw.jail.seccomp.FilterCache;

/**
 * The seccomp filter that a process begins with.
 *
 * @param filter what it is made of
 * @param own how many filters the program puts over it before it is read back
 */
public record SeccompPlan(FilterCache.Wanted filter, int own) {}
