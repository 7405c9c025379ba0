/** Attacks on the audit. */
@NullMarked
package io.ironclaw.attacks.l;

import org.jspecify.annotations.NullMarked;
