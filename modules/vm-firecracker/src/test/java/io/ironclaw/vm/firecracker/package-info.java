/** Tests of the Firecracker driver; those of the tag {@code firecracker} start the real program. */
@NullMarked
package io.ironclaw.vm.firecracker;

import org.jspecify.annotations.NullMarked;
