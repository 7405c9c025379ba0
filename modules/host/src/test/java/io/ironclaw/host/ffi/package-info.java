/** Tests. */
@NullMarked
package io.ironclaw.host.ffi;

import org.jspecify.annotations.NullMarked;
