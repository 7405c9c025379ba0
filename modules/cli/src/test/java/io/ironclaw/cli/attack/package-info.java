/** Tests of the attacks: that what is broken is told. */
@NullMarked
package io.ironclaw.cli.attack;

import org.jspecify.annotations.NullMarked;
