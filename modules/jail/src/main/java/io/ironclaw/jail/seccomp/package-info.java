/**
 * Seccomp policies: what they are, how people write them, and the filters that are made of them. A
 * new policy is a file in this form. May use {@code host} and {@code api}.
 */
@NullMarked
package io.ironclaw.jail.seccomp;

import org.jspecify.annotations.NullMarked;
