/** Tests. */
@NullMarked
package io.ironclaw.vm;

import org.jspecify.annotations.NullMarked;
