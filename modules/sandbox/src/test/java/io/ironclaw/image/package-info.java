/** Images for tests, made with the parts that images are made with. */
@NullMarked
package io.ironclaw.image;

import org.jspecify.annotations.NullMarked;
