/**
 * Calls into the C library, and nothing else may make any: each class is one thing that Java has no
 * way to do. May use {@code host}.
 */
@NullMarked
package io.ironclaw.host.ffi;

import org.jspecify.annotations.NullMarked;
