/**
 * The host side of the guest protocol (docs/guest-protocol.md): framed, multiplexed, flow
 * controlled. Every byte that comes in is hostile. May use {@code host} only.
 */
@NullMarked
package io.ironclaw.guest;

import org.jspecify.annotations.NullMarked;
