/** Tests. */
@NullMarked
package io.ironclaw.vm.qemu;

import org.jspecify.annotations.NullMarked;
