/** Attacks on resources. */
@NullMarked
package io.ironclaw.attacks.r;

import org.jspecify.annotations.NullMarked;
