/** Tests. */
@NullMarked
package io.ironclaw.audit;

import org.jspecify.annotations.NullMarked;
