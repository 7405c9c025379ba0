/** Tests. */
@NullMarked
package io.ironclaw.jail.seccomp;

import org.jspecify.annotations.NullMarked;
