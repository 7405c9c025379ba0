/** Attacks on clones and their templates. */
@NullMarked
package io.ironclaw.attacks.p;

import org.jspecify.annotations.NullMarked;
