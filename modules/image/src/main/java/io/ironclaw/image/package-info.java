/**
 * What a VM boots from: kernel, initramfs and root file system, built without root from the
 * packages of the host's Debian and kept in a content-addressed cache.
 *
 * <p>May use: the JDK, commons-compress, xz, {@code host}. The way of an image that is already
 * built (see {@link io.ironclaw.image.ImageStore}) is on the critical path of every command: it
 * uses the JDK only, and little of that. Packages and image files are hostile input here, although
 * apt has checked their signatures.
 */
@NullMarked
package io.ironclaw.image;

import org.jspecify.annotations.NullMarked;
