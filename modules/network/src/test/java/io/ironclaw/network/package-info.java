@NullMarked
package io.ironclaw.network;

import org.jspecify.annotations.NullMarked;
