/** Tests of the port's parts that need a driver's. */
@NullMarked
package io.ironclaw.vm;

import org.jspecify.annotations.NullMarked;
