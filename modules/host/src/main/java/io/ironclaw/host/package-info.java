/**
 * What the other rooms need of the host: private folders, named locks, stamps of files, bounded
 * logs. May use {@code api}.
 */
@NullMarked
package io.ironclaw.host;

import org.jspecify.annotations.NullMarked;
