/** Tests. */
@NullMarked
package io.ironclaw.api;

import org.jspecify.annotations.NullMarked;
