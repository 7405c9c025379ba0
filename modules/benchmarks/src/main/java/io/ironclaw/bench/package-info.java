/**
 * The benchmark harness: figures, the bare driver that is their floor, the run, the reports. May
 * use every room; nothing depends on it.
 */
@NullMarked
package io.ironclaw.bench;

import org.jspecify.annotations.NullMarked;
