/** Tests. */
@NullMarked
package io.ironclaw.proof;

import org.jspecify.annotations.NullMarked;
