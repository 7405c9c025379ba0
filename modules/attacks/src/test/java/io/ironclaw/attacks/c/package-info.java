/** Attacks over the guest channel. */
@NullMarked
package io.ironclaw.attacks.c;

import org.jspecify.annotations.NullMarked;
