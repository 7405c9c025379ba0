/** Attacks on the network. */
@NullMarked
package io.ironclaw.attacks.n;

import org.jspecify.annotations.NullMarked;
