/** Tests of the host side of the guest protocol. */
@NullMarked
package io.ironclaw.guest;

import org.jspecify.annotations.NullMarked;
