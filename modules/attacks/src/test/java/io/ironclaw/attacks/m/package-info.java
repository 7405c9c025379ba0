/** Attacks by MCP clients. */
@NullMarked
package io.ironclaw.attacks.m;

import org.jspecify.annotations.NullMarked;
