/**
 * What the other packages need of the host: private folders, processes that die with us, bounded
 * logs, printable text, the root of our errors. Uses nothing of the others.
 */
@NullMarked
package io.ironclaw.host;

import org.jspecify.annotations.NullMarked;
