/** Tests. */
@NullMarked
package io.ironclaw.host;

import org.jspecify.annotations.NullMarked;
