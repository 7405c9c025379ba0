/** Tests. */
@NullMarked
package io.ironclaw.sandbox;

import org.jspecify.annotations.NullMarked;
