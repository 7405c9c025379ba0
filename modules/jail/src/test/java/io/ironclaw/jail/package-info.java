/** Tests. */
@NullMarked
package io.ironclaw.jail;

import org.jspecify.annotations.NullMarked;
