/** Tests of the benchmark harness. */
@NullMarked
package io.ironclaw.bench;

import org.jspecify.annotations.NullMarked;
