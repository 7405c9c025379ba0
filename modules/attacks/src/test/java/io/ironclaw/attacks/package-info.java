/** Attacks, in a folder for each list of SPECIFICATION.md; a method's name begins with its case. */
@NullMarked
package io.ironclaw.attacks;

import org.jspecify.annotations.NullMarked;
