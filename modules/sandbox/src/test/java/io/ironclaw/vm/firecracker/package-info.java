/** What tests of the whole need of the Firecracker driver. */
@NullMarked
package io.ironclaw.vm.firecracker;

import org.jspecify.annotations.NullMarked;
