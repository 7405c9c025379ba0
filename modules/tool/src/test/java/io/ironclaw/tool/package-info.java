/** Tests. */
@NullMarked
package io.ironclaw.tool;

import org.jspecify.annotations.NullMarked;
